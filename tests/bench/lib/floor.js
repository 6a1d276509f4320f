'use strict';
// The same requests again, sent by curl eight at a time, their answers thrown away: no backup that
// asks for this can be faster.

const fs = require('node:fs');
const path = require('node:path');

const quoted = (text) => `"${text.replace(/\\/g, '\\\\').replace(/"/g, '\\"')}"`;

/** Writes a configuration of curl into the folder, readable for this user only: it has the password. */
function writeCurlConfig(folder, target, requests) {
  const origin = target.replace(/\/$/, '');
  const sections = requests.map((request, index) => {
    const lines = [
      `url = ${quoted(origin + request.path)}`,
      'output = "/dev/null"',
      'path-as-is',
      ...request.headers.map(([name, value]) => `header = ${quoted(`${name}: ${value}`)}`),
    ];
    if (request.method === 'HEAD') lines.push('head');
    else if (request.method !== 'GET') lines.push(`request = ${quoted(request.method)}`);
    if (request.body.length > 0) {
      const file = path.join(folder, `body-${index}`);
      fs.writeFileSync(file, request.body, { mode: 0o600 });
      lines.push(`data-binary = ${quoted('@' + file)}`);
    }
    return lines.join('\n');
  });
  const file = path.join(folder, 'curl.conf');
  fs.writeFileSync(file, sections.join('\nnext\n') + '\n', { mode: 0o600 });
  return file;
}

function floorCommand(configFile) {
  return ['curl', '--silent', '--parallel', '--parallel-max', '8', '--config', configFile];
}

module.exports = { writeCurlConfig, floorCommand };
