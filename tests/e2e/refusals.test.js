'use strict';
// What is refused before a backup begins, and archives that are none: one clear sentence, the
// documented exit code, nothing written.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');
const { after, before, test } = require('node:test');
const { closedPort, listen, startRecorder, withUser } = require('./lib/peers');
const {
  Cleanup,
  archivesIn,
  cleanupAfter,
  contents,
  passwordFile,
  scratchFolder,
} = require('./lib/scratch');
const { Workbench } = require('./lib/workbench');

const PASSWORD = 'canary-9f4e-Zitronenkuchen';
const NOBODY = 65534;

const cleanup = new Cleanup();
after(() => cleanup.run());
let bench;
before(async () => {
  bench = await Workbench.open(cleanup, { password: PASSWORD });
});

test('nobody listens', async (t) => {
  const { program, to } = await bench.fresh(t);
  const url = `http://127.0.0.1:${await closedPort()}`;
  await program.refused(bench.backup(url, to), {
    code: 2,
    says: /127\.0\.0\.1:\d+ refused the connection/,
    errorCode: 'unreachable',
  });
  assert.ok(!fs.existsSync(to), 'nothing was written');
});

test('a wrong password is sent at most twice', async (t) => {
  const { own, program, to } = await bench.fresh(t);
  const recorder = await startRecorder(cleanupAfter(t), bench.source.url);
  const parameters = bench.backup(recorder.url, to);
  parameters[parameters.indexOf(bench.password)] = passwordFile(own, 'wrong');
  await program.refused(parameters, { code: 2, says: /password of user "admin".*401/ });
  const withPassword = recorder.requests.filter((request) => request.authorization);
  assert.ok(
    withPassword.length >= 1 && withPassword.length <= 2,
    `sent ${withPassword.length} times`,
  );
  await program.refused(parameters, { code: 2, says: /./, errorCode: 'unauthorized' });
  assert.ok(!fs.existsSync(to), 'nothing was written');
});

test('no user is named where one is needed', async (t) => {
  const { program, to } = await bench.fresh(t);
  const { url } = await listen(cleanupAfter(t), (request, response) => {
    response.writeHead(401, { 'Content-Type': 'application/json' });
    response.end('{"error":"unauthorized","reason":"Authentication required."}\n');
  });
  await program.refused(['backup', '--from', url, '--to', to], {
    code: 2,
    says: /401/,
    errorCode: 'unauthorized',
  });
  assert.ok(!fs.existsSync(to), 'nothing was written');
});

test('a web site is no CouchDB', async (t) => {
  const { program, to } = await bench.fresh(t);
  const { url } = await listen(cleanupAfter(t), (request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end('<html><body>Please <b>log in</b></body></html>');
  });
  await program.refused(bench.backup(url, to), {
    code: 2,
    says: /not a CouchDB|web page/,
    errorCode: 'protocol',
  });
  assert.ok(!fs.existsSync(to), 'nothing was written');
});

test('what listens does not speak HTTP', async (t) => {
  const { program, to } = await bench.fresh(t);
  const { url, server } = await listen(cleanupAfter(t), () => {});
  server.on('connection', (socket) => socket.end('220 mail.example ESMTP\r\n'));
  await program.refused(bench.backup(url, to), { code: 2, says: /127\.0\.0\.1/ });
  assert.ok(!fs.existsSync(to), 'nothing was written');
});

test('a redirection is not followed, and its target gets no password', async (t) => {
  const { program, to } = await bench.fresh(t);
  const { url: target, server } = await listen(cleanupAfter(t), () => {});
  let connections = 0;
  server.on('connection', () => (connections += 1));
  for (const status of [301, 302, 307, 308]) {
    const { url } = await listen(cleanupAfter(t), (request, response) => {
      response.writeHead(status, { Location: `${target}/` });
      response.end();
    });
    await program.refused(bench.backup(url, to), {
      code: 2,
      says: new RegExp(target),
      errorCode: 'redirected',
    });
  }
  assert.equal(connections, 0, 'the target of the redirection saw nothing');
  assert.ok(!fs.existsSync(to), 'nothing was written');
});

test('a password in the address is refused, and not repeated', async (t) => {
  const { program, to } = await bench.fresh(t);
  const from = bench.source.url.replace('://', `://admin:${PASSWORD}@`);
  for (const parameters of [
    ['backup', '--from', from, '--to', to],
    ['verify', bench.archive, '--against', from],
  ]) {
    const { err } = await program.refused(parameters, {
      code: 64,
      says: /must not hold a password/,
      errorCode: 'usage',
    });
    assert.ok(!err.includes(PASSWORD));
  }
  assert.ok(!fs.existsSync(to), 'nothing was written');
});

test('a user without a password', async (t) => {
  const { own, program, to } = await bench.fresh(t);
  const from = ['backup', '--from', withUser(bench.source), '--to', to];
  await program.refused(from, {
    code: 64,
    says: /no password for user "admin"/,
    errorCode: 'usage',
  });
  const nowhere = path.join(own, 'nowhere');
  await program.refused([...from, '--password-file', nowhere], { code: 2, says: /nowhere/ });
  await program.refused([...from, '--password-file', '-'], { code: 64, says: /holds no password/ });
  assert.ok(!fs.existsSync(to), 'nothing was written');
});

test('the password comes by standard input, too', async (t) => {
  const { program, to } = await bench.fresh(t);
  const parameters = bench.backup(bench.source.url, to, '--db', 'conflicts');
  parameters[parameters.indexOf(bench.password)] = '-';
  await program.good(parameters, { input: `${PASSWORD}\n` });
  assert.equal(archivesIn(to).length, 1);
});

/** What stands before a command so that it runs without root's rights; it may enter `own` then. */
function unprivileged(own, program) {
  if (process.getuid() !== 0) return [];
  for (const open of [own, bench.password]) fs.chmodSync(open, 0o755);
  const names = fs.readdirSync(program.home, { recursive: true });
  for (const name of ['', ...names]) fs.chownSync(path.join(program.home, name), NOBODY, NOBODY);
  return ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
}

/** Takes rights away for as long as `run` takes. */
async function whileRestricted(file, mode, run) {
  const { mode: was } = fs.statSync(file);
  fs.chmodSync(file, mode);
  try {
    await run();
  } finally {
    fs.chmodSync(file, was);
  }
}

test('a folder that may not be written, a file in its place', async (t) => {
  const { own, program, to } = await bench.fresh(t, { holding: true });
  const was = contents(to);
  const under = unprivileged(own, program);
  const denied = { code: 2, says: /backups.*[Pp]ermission denied/, under };
  await whileRestricted(to, 0o555, async () => {
    await program.refused(bench.backup(bench.source.url, to), { ...denied, errorCode: 'forbidden' });
    await program.refused(bench.backup(bench.source.url, path.join(to, 'new')), denied);
  });
  assert.deepEqual(contents(to), was);

  const file = path.join(own, 'file');
  fs.writeFileSync(file, 'mine');
  await program.refused(bench.backup(bench.source.url, file), {
    code: 2,
    says: /file is a file, not a folder/,
    errorCode: 'io',
  });
  assert.equal(fs.readFileSync(file, 'utf8'), 'mine');
});

test('an archive that may not be read', async (t) => {
  const { own, program, to } = await bench.fresh(t, { holding: true });
  const [name] = archivesIn(to);
  const archive = path.join(to, name);
  const under = unprivileged(own, program);
  fs.chmodSync(to, 0o755);
  const out = path.join(program.home, 'out');
  const says = new RegExp(`${name.replaceAll('.', '\\.')}.*[Pp]ermission denied`);
  await whileRestricted(archive, 0o000, async () => {
    for (const command of [
      ['verify', archive],
      ['list', archive],
      ['show', archive, 'conflicts', 'doc'],
      ['extract', archive, '-o', out],
      ['serve', archive, '--port', '0'],
      ['diff', archive, archive],
    ])
      await program.refused(command, { code: 2, says, under });
  });
  assert.ok(!fs.existsSync(out), 'nothing was written');
});

test('a password file, a state folder that may not be read', async (t) => {
  const { own, program } = await bench.fresh(t, { holding: true });
  const to = path.join(program.home, 'backups');
  const under = unprivileged(own, program);
  const locked = passwordFile(own, 'locked');
  const parameters = bench.backup(bench.source.url, to);
  parameters[parameters.indexOf(bench.password)] = locked;
  await whileRestricted(locked, 0o000, () =>
    program.refused(parameters, { code: 2, says: /password.*[Pp]ermission denied/, under }),
  );
  await whileRestricted(path.join(program.home, 'data'), 0o000, () =>
    program.refused(bench.backup(bench.source.url, to), {
      code: 2,
      says: /data.*[Pp]ermission denied/,
      under,
    }),
  );
  assert.ok(!fs.existsSync(to) || archivesIn(to).length === 0, 'nothing was written');
});

test('an archive that is none', async (t) => {
  const { own, program } = await bench.fresh(t);
  const files = {
    'text.tgz': 'this is no archive\n',
    'empty.tgz': '',
    'zeros.tgz': Buffer.alloc(4096),
    'gzip.tgz': zlib.gzipSync('this is no tar'),
  };
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(own, name);
    fs.writeFileSync(file, content);
    for (const command of ['verify', 'list'])
      await program.refused([command, file], {
        code: 2,
        says: new RegExp(name.replace('.', '\\.')),
      });
    await program.refused(['show', file, 'db', 'doc'], {
      code: 2,
      says: new RegExp(name.replace('.', '\\.')),
    });
  }
  const nowhere = path.join(own, 'nowhere.tgz');
  for (const command of ['verify', 'list'])
    await program.refused([command, nowhere], { code: 2, says: /nowhere\.tgz/ });
  const nothing = path.join(own, 'nothing');
  fs.mkdirSync(nothing);
  for (const command of ['verify', 'list'])
    await program.refused([command, nothing], { code: 2, says: /nothing/ });
});

test('what is not in the archive, and what is no command', async (t) => {
  const { program } = await bench.fresh(t);
  const rows = [
    [['list', bench.archive, 'no-such'], 2, /no database no-such/, 'not_found'],
    [['show', bench.archive, 'no-such', 'doc'], 2, /no database no-such/, 'not_found'],
    [['show', bench.archive, 'conflicts', 'no-such'], 2, /no document no-such/, 'not_found'],
    [
      ['show', bench.archive, 'conflicts', 'invoice-42', '--rev', '9-abc'],
      2,
      /no revision 9-abc/,
      'not_found',
    ],
    [
      ['show', bench.archive, 'conflicts', 'invoice-42', '--rev', 'abc'],
      64,
      /abc is not a revision/,
      'usage',
    ],
    [['show', bench.archive, 'conflicts', '--id-json', 'abc'], 64, /--id-json/, 'usage'],
    [['show', bench.archive, 'conflicts'], 64, /Name a document/, 'usage'],
    [['verify'], 64, /ARCHIVE/, 'usage'],
    [['verify', bench.archive, '--no-such'], 64, /--no-such/, 'usage'],
    [['backup'], 64, /--from/, 'usage'],
    [['backup', '--from', 'couch.example', '--to', '/nowhere'], 64, /must look like/, 'usage'],
    [
      ['backup', '--from', 'ftp://couch.example', '--to', '/nowhere'],
      64,
      /must look like/,
      'usage',
    ],
    [['no-such'], 64, /no command no-such/],
    [[], 64, /[Nn]ame a command/],
  ];
  for (const [parameters, code, says, errorCode] of rows)
    await program.refused(parameters, { code, says, errorCode });
});
