'use strict';
// What stands at the other end of the wire: PouchDB Server, a CouchDB, a proxy that writes down and
// holds back, and servers that are none.

const assert = require('node:assert/strict');
const { execFile, spawn } = require('node:child_process');
const http = require('node:http');
const path = require('node:path');
const { once } = require('node:events');

const interop = (script) => path.join(__dirname, '..', '..', 'interop', script);

/** Runs a script of tests/interop; returns its stdout, throws with its stderr. */
function runInterop(script, parameters, { source, codes = [0] } = {}) {
  const environment = { ...process.env };
  if (source) {
    environment.FM_TEST_USER = source.user;
    environment.FM_TEST_PASSWORD = source.password;
  }
  const options = { env: environment, maxBuffer: 1 << 30 };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [interop(script), ...parameters], options, (error, out, err) => {
      if (!error || codes.includes(error.code)) resolve(out);
      else reject(new Error(`${script}: ${err || error.message}`));
    });
  });
}

/** {url, user, password, folder}: PouchDB Server in memory; it ends with this process. */
async function startPouchDBServer(cleanup, folder, { user = 'admin', password = 'secret' } = {}) {
  const environment = {
    ...process.env,
    TMPDIR: folder,
    FM_TEST_USER: user,
    FM_TEST_PASSWORD: password,
  };
  const child = spawn(process.execPath, [interop('server.js')], {
    env: environment,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  cleanup.after(async () => {
    child.stdin.end();
    if (child.exitCode === null) await once(child, 'exit');
  });
  const [line] = await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => ['ended']),
  ]);
  const port = /^READY (\d+)\n$/.exec(String(line))?.[1];
  assert.ok(port, `server.js said ${line}`);
  return { url: `http://127.0.0.1:${port}`, user, password };
}

/** The CouchDB that the environment names, or undefined. */
function namedCouchDB() {
  const text = process.env.FOCUS_MONITOR_TEST_COUCHDB;
  if (!text) return undefined;
  const { protocol, host, username, password } = new URL(text);
  return {
    url: `${protocol}//${host}`,
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
  };
}

/** Listens on a free port of 127.0.0.1 until the test ends. */
async function listen(cleanup, handler) {
  const server = http.createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, server };
}

/**
 * A proxy in front of `url` that writes down every request. One that `hold` says yes to waits until
 * release(); `held` resolves when there is one.
 */
async function startRecorder(cleanup, url, { hold = () => false } = {}) {
  const { hostname, port } = new URL(url);
  const agent = new http.Agent({ keepAlive: true });
  cleanup.after(() => agent.destroy());
  const requests = [];
  const waiting = [];
  let announce;
  const held = new Promise((resolve) => (announce = resolve));
  let holds = true;

  const forward = (request, response) => {
    const { method, url: target, headers } = request;
    const onward = http.request({ host: hostname, port, method, path: target, headers, agent });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => response.writableFinished || onward.destroy());
    request.pipe(onward);
  };
  const { url: own } = await listen(cleanup, (request, response) => {
    const { method, url: target, headers } = request;
    requests.push({ method, target, authorization: headers.authorization });
    if (holds && hold({ method, target })) {
      waiting.push(() => forward(request, response));
      announce();
    } else {
      forward(request, response);
    }
  });
  const release = () => {
    holds = false;
    for (const go of waiting.splice(0)) go();
  };
  return { url: own, requests, held, release };
}

/** A port of 127.0.0.1 where nobody listens. */
async function closedPort() {
  const server = http.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** The address with the user's name, as --from takes it. */
const withUser = ({ url, user }) => url.replace('://', `://${encodeURIComponent(user)}@`);

module.exports = {
  closedPort,
  listen,
  namedCouchDB,
  runInterop,
  startPouchDBServer,
  startRecorder,
  withUser,
};
