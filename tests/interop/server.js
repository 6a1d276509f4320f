#!/usr/bin/env node
'use strict';
// server.js   starts PouchDB Server in memory on a free port of 127.0.0.1 and prints "READY <port>"
// once it answers.
//
// It ends when its stdin closes, so that a test that crashed leaves nothing behind; run by hand,
// Ctrl-D or Ctrl-C. It runs inside this process, not as a child: even a kill -9 leaves no server,
// only a folder in the temp folder.

const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { credentials } = require('./lib/http');

const serverModule = path.join(__dirname, 'pouchdb-server', 'node_modules', 'pouchdb-server');

/**
 * Resolves with the first HTTP server that starts to listen: PouchDB Server keeps its own to
 * itself.
 */
function portOfNextServer() {
  return new Promise((resolve, reject) => {
    const createServer = http.createServer;
    http.createServer = (...parameters) => {
      http.createServer = createServer;
      const server = createServer(...parameters);
      server.once('listening', () => resolve(server.address().port));
      server.once('error', reject);
      return server;
    };
  });
}

function answersTo(port, { user, password }) {
  return new Promise((resolve) => {
    const request = http.get(
      { host: '127.0.0.1', port, path: '/_all_dbs', auth: `${user}:${password}` },
      (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode === 200));
      },
    );
    request.once('error', () => resolve(false));
  });
}

async function main() {
  if (!fs.existsSync(serverModule))
    throw new Error('PouchDB Server is not here; run tests/interop/install pouchdb-server');

  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'focus-monitor-server-'));
  process.on('exit', () => {
    process.chdir(os.tmpdir());
    fs.rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => process.exit(0));
  for (const end of ['end', 'close', 'error']) process.stdin.on(end, () => process.exit(0));
  process.stdin.resume();

  // Several requests that it does not know end in a promise that nobody handles, which ends the
  // process since Node 15.
  process.on('unhandledRejection', (reason) => console.error('PouchDB Server:', reason));
  process.noDeprecation = true;
  console.log = console.error; // stdout is for READY

  const { user, password } = credentials();
  const config = path.join(folder, 'config.json');
  const settings = { admins: { [user]: password }, httpd: { port: 0 } };
  fs.writeFileSync(config, JSON.stringify(settings), { mode: 0o600 });
  process.chdir(folder); // log.txt goes here, and so do the uploads that it never removes
  process.env.TMPDIR = folder;

  const started = portOfNextServer();
  // -n: PouchDB Server's parser takes the long form, --no-stdout-logs, for "stdout-logs off" and
  // ignores it.
  const options = ['--in-memory', '-n', '--host', '127.0.0.1', '--config', config, '--dir', folder];
  process.argv = [process.argv[0], 'pouchdb-server', ...options];
  require(serverModule + '/lib/index.js');
  const port = await started;

  while (!(await answersTo(port, { user, password })))
    await new Promise((resolve) => setTimeout(resolve, 20));
  process.stdout.write(`READY ${port}\n`);
}

main().catch((error) => {
  process.stderr.write(`server.js: ${error.message}\n`);
  process.exit(1);
});
