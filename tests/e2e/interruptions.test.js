'use strict';
// What happens to a backup while it is made: other runs, signals, a server that goes away. The
// archives that were there stay as they are, nothing half done is left, and nobody learns the
// password.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { after, before, test } = require('node:test');
const { listen } = require('./lib/peers');
const { assertRefused } = require('./lib/program');
const { Cleanup, archivesIn, cleanupAfter, leftoversIn } = require('./lib/scratch');
const { Workbench, archivesOf } = require('./lib/workbench');

const PASSWORD = 'canary-9f4e-Zitronenkuchen';

const cleanup = new Cleanup();
after(() => cleanup.run());
let bench;
before(async () => {
  bench = await Workbench.open(cleanup, { password: PASSWORD });
});

test('a second run while one holds the folder', async (t) => {
  const { program, to } = await bench.fresh(t);
  const first = await bench.midRun(t, program, to);
  const was = fs.readdirSync(to).sort();
  await program.refused(bench.backup(bench.source.url, to), {
    code: 2,
    says: /in use by/,
    errorCode: 'locked',
  });
  assert.deepEqual(fs.readdirSync(to).sort(), was, 'the first one is not disturbed');
  first.recorder.release();
  (await first.ended).mustBe(0);
  assert.equal(archivesIn(to).length, 1);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  test(`${signal} while it fetches leaves nothing behind`, async (t) => {
    const { program, to } = await bench.fresh(t, { holding: true });
    const was = archivesOf(to);
    const { child, ended } = await bench.midRun(t, program, to);
    assert.notDeepEqual(leftoversIn(to), [], 'it had begun to write');
    child.kill(signal);
    assertRefused(await ended, { code: 130, says: /[Ss]topped/ });
    assert.deepEqual(archivesOf(to), was);
    assert.deepEqual(leftoversIn(to), []);
  });
}

test('after SIGKILL the next run removes what was left, and says so', async (t) => {
  const { program, to } = await bench.fresh(t, { holding: true });
  const was = archivesOf(to);
  const { child, ended } = await bench.midRun(t, program, to);
  child.kill('SIGKILL');
  (await ended).mustBe('SIGKILL');
  const left = leftoversIn(to);
  assert.ok(
    left.some((name) => name.endsWith('.tgz.partial')),
    `left: ${left}`,
  );
  assert.equal(archivesIn(to).length, 1, 'no half archive has a final name');

  const { err, out } = await program.good(bench.backup(bench.source.url, to));
  for (const name of left) assert.ok(err.includes(name), `${name} is named:\n${err}`);
  assert.deepEqual(leftoversIn(to), []);
  const { [path.basename(out.trim())]: added, ...rest } = archivesOf(to);
  assert.ok(added);
  assert.deepEqual(rest, was);
});

test('the server goes away while it fetches', async (t) => {
  const { program, to } = await bench.fresh(t, { holding: true });
  const was = archivesOf(to);
  const target = new URL(bench.source.url);
  const own = cleanupAfter(t);
  let gone = false;
  const { url, server } = await listen(own, (request, response) => {
    gone ||= request.url.startsWith('/attachments/_bulk_get');
    if (gone) {
      request.socket.destroy();
      server.close();
      return;
    }
    const { method, headers } = request;
    const onward = http.request({
      host: target.hostname,
      port: target.port,
      method,
      path: request.url,
      headers,
    });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  const ended = await program.run(bench.backup(url, to));
  assertRefused(ended, { code: 2, says: /127\.0\.0\.1/ });
  assert.deepEqual(archivesOf(to), was);
  assert.deepEqual(leftoversIn(to), []);
});

test('the password appears nowhere', async (t) => {
  const { own, program, to } = await bench.fresh(t);
  const { child, ended, recorder } = await bench.midRun(t, program, to);
  const secrets = [PASSWORD, Buffer.from(`admin:${PASSWORD}`).toString('base64')];
  const clean = (what, text) => {
    for (const secret of secrets) assert.ok(!text.includes(secret), `${what} holds the password`);
  };
  for (const file of ['cmdline', 'environ'])
    clean(file, fs.readFileSync(`/proc/${child.pid}/${file}`, 'latin1'));
  const everyFile = (place) => {
    for (const entry of fs.readdirSync(place, { withFileTypes: true })) {
      const file = path.join(place, entry.name);
      clean(file, file);
      if (entry.isDirectory()) everyFile(file);
      else clean(file, fs.readFileSync(file, 'latin1'));
    }
  };
  everyFile(own);
  recorder.release();
  const { out, err } = (await ended).mustBe(0);
  clean('stdout', out);
  clean('stderr', err);
  const unpacked = path.join(own, 'unpacked');
  fs.mkdirSync(unpacked);
  execFileSync('tar', ['-xzf', out.trim(), '-C', unpacked]);
  everyFile(own);
});
