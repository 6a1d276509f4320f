'use strict';
// `serve` and `rehearse`: PouchDB replicates every archive out of the program without a failure and
// finds the same leaves; a backup of a served archive has the hashes of the original.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { once } = require('node:events');
const { after, before, test } = require('node:test');
const { Server } = require('../interop/lib/http');
const { runInterop, withUser } = require('./lib/peers');
const { Program } = require('./lib/program');
const { Cleanup, archivesIn, cleanupAfter, passwordFile, scratchFolder } = require('./lib/scratch');
const views = require('./lib/views');

const PASSWORD = 'secret';
const data = path.join(__dirname, '..', 'data', 'pouchdb');
const archives = ['7.3.0', '9.0.0'].flatMap((version) => {
  const folder = path.join(data, `made-by-pouchdb-${version}`);
  return archivesIn(folder).map((name) => path.join(folder, name));
});

const cleanup = new Cleanup();
after(() => cleanup.run());
let folder;
let program;
let password;
before(() => {
  folder = scratchFolder(cleanup);
  program = new Program(path.join(folder, 'home'));
  password = passwordFile(folder, PASSWORD);
});

/** {url, stop}: a command that listens, and what it ended with. */
async function startListening(own, parameters) {
  const { child, ended } = program.start([...parameters, '--port', '0']);
  own.after(() => child.kill('SIGKILL'));
  const [line] = await Promise.race([
    once(child.stdout, 'data'),
    ended.then((end) => Promise.reject(new Error(String(end)))),
  ]);
  // The first line; `rehearse` says its mirror's address in a second one.
  const [url] = String(line).trim().split('\n');
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const stop = (signal = 'SIGINT') => {
    child.kill(signal);
    return ended;
  };
  return { url, stop };
}

const serverOf = (url) => ({ url, user: 'admin', password: PASSWORD });

async function namesOf(url) {
  const server = new Server(url, { user: 'admin', password: PASSWORD });
  const names = await server.databases();
  server.close();
  return names;
}

for (const archive of archives) {
  const name = path.relative(data, archive);
  test(`PouchDB replicates out of ${name}`, async (t) => {
    const own = cleanupAfter(t);
    const { url, stop } = await startListening(own, ['serve', archive]);
    const names = await namesOf(url);
    assert.ok(names.length > 2);
    const served = await views.serversView(serverOf(url), names);
    for (const version of ['7', '9']) {
      const scratch = scratchFolder(own);
      const folders = new Map(names.map((it) => [it, path.join(scratch, encodeURIComponent(it))]));
      for (const [database, target] of folders) {
        const source = `${url}/${encodeURIComponent(database)}`;
        const result = JSON.parse(await runInterop('replicate.js', [version, source, target]));
        assert.deepEqual(result.errors, [], database);
        assert.equal(result.doc_write_failures, 0, database);
      }
      await views.assertSame(served, await views.pouchsView(version, folders), scratch, {
        options: ['--pouch'],
        between: `served ≠ PouchDB ${version}`,
      });
    }
    assert.equal((await stop()).code, 0);
  });
}

/** Leaf set, content and counts of every database of an archive of ours. */
async function hashesOf(archive, own) {
  const { manifest } = await views.unpack(archive, path.join(scratchFolder(own), 'unpacked'));
  return manifest.databases.map((it) => {
    const { name, documents, deleted, leaves, conflicted, attachments, attachment_bytes } = it;
    const { leaf_set, content_hash } = it;
    assert.match(leaf_set, /^[0-9a-f]{64}$/);
    const counts = { documents, deleted, leaves, conflicted, attachments, attachment_bytes };
    return { name, leaf_set, content_hash, ...counts };
  });
}

test('a backup of a served backup equals it', async (t) => {
  const own = cleanupAfter(t);
  const login = ['--user', 'admin', '--password-file', password];
  const backUp = async (url) => {
    const to = scratchFolder(own);
    const from = withUser({ url, user: 'admin' });
    const file = ['--password-file', password];
    return (await program.good(['backup', '--from', from, '--to', to, ...file])).out.trim();
  };
  const rehearsal = await startListening(own, ['rehearse', ...login]);
  const first = await backUp(rehearsal.url);
  assert.equal((await rehearsal.stop()).code, 0);
  const hashes = await hashesOf(first, own);
  assert.ok(hashes.length >= 4);

  const server = await startListening(own, ['serve', first, ...login]);
  const second = await backUp(server.url);
  assert.equal((await server.stop('SIGTERM')).code, 0);
  assert.deepEqual(await hashesOf(second, own), hashes);

  const again = await startListening(own, ['serve', second, ...login]);
  const from = withUser({ url: again.url, user: 'admin' });
  await program.good(['verify', first, '--against', from, '--password-file', password]);
});

test('without the password there is nothing to see', async (t) => {
  const own = cleanupAfter(t);
  const login = ['--user', 'admin', '--password-file', password];
  const { url } = await startListening(own, ['serve', archives[0], ...login]);
  for (const [user, word, status] of [
    ['admin', PASSWORD, 200],
    ['admin', 'wrong', 401],
    ['other', PASSWORD, 401],
  ]) {
    const server = new Server(url, { user, password: word });
    assert.equal((await server.request('GET', '/_all_dbs')).status, status);
    server.close();
  }
});

test('command lines that are refused', async (t) => {
  const own = cleanupAfter(t);
  const { url } = await startListening(own, ['serve', archives[0]]);
  const port = new URL(url).port;
  const cases = [
    [['--port', port], 2, /cannot listen on 127\.0\.0\.1, port \d+/],
    [['--bind', '0.0.0.0'], 64, /can be reached from other machines/],
    [['--bind', 'example.org'], 64, /is no address/],
    [['--user', 'admin'], 64, /--user needs --password-file/],
    [['--password-file', password], 64, /--password-file needs --user/],
    [['--user', 'a:b', '--password-file', password], 64, /colon/],
  ];
  for (const [options, code, says] of cases)
    await program.refused(['serve', archives[0], ...options], { code, says });
  const none = path.join(scratchFolder(own), 'none.tgz');
  await program.refused(['serve', none], { code: 2, says: /none\.tgz/ });
  fs.writeFileSync(none, 'no archive at all');
  await program.refused(['serve', none], { code: 2, says: /none\.tgz/ });
});
