'use strict';
// node --test tests/interop   checks the scripts against each other: PouchDB Server is filled,
// backed up by PouchDB as the predecessor does, and must be the same in the view of the server and
// of both PouchDB versions.

const assert = require('node:assert/strict');
const { execFile, spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, test } = require('node:test');
const { promisify } = require('node:util');
const { NumberText, parse, stringify } = require('./lib/json');

const script = (name) => path.join(__dirname, name);
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'focus-monitor-interop-'));
after(() => fs.rmSync(scratch, { recursive: true }));

/** stdout of a script of this folder. */
async function run(name, ...parameters) {
  const options = { maxBuffer: 1 << 28 };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [script(name), ...parameters],
    options,
  );
  return stdout;
}

function saved(name, text) {
  const file = path.join(scratch, name);
  fs.writeFileSync(file, text);
  return file;
}

/** What compare.js says about two texts, as lines. */
async function differences(a, b, ...options) {
  const files = [saved('a.json', a), saved('b.json', b)];
  try {
    const text = await run('compare.js', ...files, ...options);
    assert.equal(text, '');
    return [];
  } catch (error) {
    if (error.code !== 1) throw error;
    return error.stdout.trim().split('\n');
  }
}

async function startServer() {
  const folder = fs.mkdtempSync(path.join(scratch, 'server-'));
  const environment = { ...process.env, TMPDIR: folder };
  const child = spawn(process.execPath, [script('server.js')], {
    env: environment,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const [line] = await Promise.race([child.stdout.take(1).toArray(), ended.then(() => ['ended'])]);
  const port = /^READY (\d+)\n$/.exec(String(line))?.[1];
  assert.ok(port, `server.js said ${line}`);
  return { url: `http://127.0.0.1:${port}`, folder, child, ended };
}

test('JSON keeps what JSON.parse loses', () => {
  const text =
    '{"z":1.0,"10":[9007199254740993,-0,1e400],"__proto__":{"a":"\\u0000\\"ÿ"},"":{},"e":[[],null,true]}';
  assert.equal(stringify(parse(text)), text);
  assert.equal(stringify(parse(' [ 1 , { "a" : false } ] ')), '[1,{"a":false}]');
  assert.ok(parse('1') instanceof NumberText);
  const deep = '['.repeat(200_000) + ']'.repeat(200_000);
  assert.equal(stringify(parse(deep)), deep);
  for (const bad of [
    '',
    '[1,]',
    '{"a":1',
    '{"a" 1}',
    '01',
    '[1 2]',
    '"a',
    'nul',
    '[}',
    '1 2',
    '{,}',
    "{'a':1}",
  ]) {
    assert.throws(() => parse(bad), SyntaxError, bad);
  }
});

test('compare.js sees every kind of difference, and forgives only what it is told to', async () => {
  const database = (leaf, file, more = {}) => {
    const revisions = { start: 2, ids: ['b', 'a'] };
    const body = {
      _id: 'x',
      _rev: '2-b',
      _revisions: revisions,
      n: new NumberText('1.0'),
      m: 2,
      ...leaf,
    };
    const bytes = {
      length: 3,
      got_length: 3,
      md5: 'A',
      digest: 'md5-A',
      content_type: 'text/plain',
      revpos: 1,
    };
    const entry = { rev: '2-b', name: 'f', ...bytes, ...file };
    const attachments = file === null ? [] : [entry];
    const doc = { rev: '2-b', deleted: false, open_revs: [{ ok: body }], attachments, ...more.doc };
    const info = { doc_count: 1, update_seq: 1, ...more.info };
    return stringify({ database: 'db', ids: ['x'], info, docs: { x: doc }, ...more.database });
  };
  const same = database();
  assert.deepEqual(await differences(same, same), []);

  const always = [
    database({ m: 3 }),
    database({ extra: null }),
    database({ _deleted: true }),
    database({ _rev: '2-c' }),
    database({ m: '2' }),
    database({ _revisions: { start: 2, ids: ['b'] } }),
    database({ _revisions: { start: 2, ids: ['b', 'c'] } }),
    database({}, { md5: 'B' }),
    database({}, { got_length: 2 }),
    database({}, { length: 4 }),
    database({}, { name: 'g' }),
    database({}, { content_type: 'a/b' }),
    database({}, { error: { status: 404 } }),
    database({}, null),
    database({}, {}, { doc: { rev: '2-a' } }),
    database({}, {}, { doc: { deleted: true } }),
    database({}, {}, { doc: { open_revs: [] } }),
    database({}, {}, { info: { doc_count: 2 } }),
    database({}, {}, { database: { docs: {} } }),
    database({}, {}, { database: { error: 'unreadable' } }),
    database({}, { digest: 'md5-B' }, { database: { pouchdb: '9.0.0' } }),
  ];
  for (const other of always)
    assert.notDeepEqual(await differences(same, other, '--pouch'), [], other);

  const forgiven = [
    ['--pouch', database({ n: 1 })],
    ['--pouch', database({}, { digest: 'md5-B' })],
    ['--pouch', database({}, { revpos: 2 })],
    [
      '--pouch',
      database({ n: undefined, m: undefined }).replace('"_revisions"', '"m":2,"n":1,"_revisions"'),
    ],
    ['--longer-history', database({ _revisions: { start: 2, ids: ['b', 'a', '0'] } })],
  ];
  for (const [option, other] of forgiven) {
    assert.deepEqual(await differences(same, other, option), [], other);
    assert.notDeepEqual(await differences(same, other), [], other);
  }
  const tombstone = (file) => database({ _deleted: true }, file);
  assert.deepEqual(
    await differences(tombstone({}), tombstone(null), '--no-deleted-attachments'),
    [],
  );
  assert.notDeepEqual(
    await differences(tombstone(null), tombstone({}), '--no-deleted-attachments'),
    [],
  );
});

test('server.js leaves nothing behind when its stdin closes', async () => {
  const server = await startServer();
  assert.equal(fs.readdirSync(server.folder).length, 1);
  server.child.stdin.end();
  assert.equal(await server.ended, 0);
  assert.deepEqual(fs.readdirSync(server.folder), []);
});

test('a filled server, PouchDB backups of it, and both PouchDB versions agree', async (t) => {
  const server = await startServer();
  t.after(() => server.child.stdin.end());
  const made = JSON.parse(await run('fill.js', server.url));
  const onServer = await run('leaves.js', server.url);

  for (const line of onServer.trim().split('\n')) {
    const { database, docs } = JSON.parse(line);
    const found = {
      name: database,
      documents: 0,
      deleted: 0,
      leaves: 0,
      conflicted: 0,
      attachments: 0,
    };
    for (const { deleted, open_revs, attachments } of Object.values(docs)) {
      found[deleted ? 'deleted' : 'documents'] += 1;
      found.leaves += open_revs.length;
      found.conflicted += open_revs.filter((leaf) => !leaf.ok._deleted).length > 1 ? 1 : 0;
      found.attachments += attachments.length;
    }
    assert.deepEqual(
      found,
      made.databases.find(({ name }) => name === database),
    );
  }
  assert.equal(onServer.trim().split('\n').length, made.databases.length);

  for (const version of ['7', '9']) {
    const backup = fs.mkdtempSync(path.join(scratch, 'backup-'));
    const directories = [];
    for (const { name } of made.databases) {
      const encoded = encodeURIComponent(name);
      directories.push(path.join(backup, encoded));
      await run('replicate.js', version, `${server.url}/${encoded}`, directories.at(-1));
    }
    for (const reader of ['7', '9']) {
      const dumped = await run('dump.js', reader, ...directories);
      assert.deepEqual(
        await differences(onServer, dumped, '--pouch'),
        [],
        `written by ${version}, read by ${reader}`,
      );
      assert.equal(
        await run('dump.js', reader, ...directories),
        dumped,
        'a dump changed what it read',
      );
    }
  }
});

test('dump.js tells of directories that are no databases', async () => {
  await assert.rejects(run('dump.js', '9', scratch), (error) => {
    assert.equal(error.code, 1);
    assert.equal(JSON.parse(error.stdout).dir, scratch);
    return true;
  });
  assert.ok(!fs.existsSync(path.join(scratch, 'CURRENT')));
});
