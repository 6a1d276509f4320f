'use strict';
// roundtrip.test.js [couchdb]   A filled server, backed up by the program: what the program, GNU
// tar and both PouchDB versions find in the archive is what the server has. Without an argument the
// server is PouchDB Server, with it the CouchDB that FOCUS_MONITOR_TEST_COUCHDB names
// (http://user:password@host:port), which also gets the databases that only CouchDB takes. They
// begin with a prefix of this run and are removed afterwards.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { Server } = require('../interop/lib/http');
const { Program } = require('./lib/program');
const {
  namedCouchDB,
  runInterop,
  startPouchDBServer,
  startRecorder,
  withUser,
} = require('./lib/peers');
const {
  Cleanup,
  contents,
  leftoversIn,
  passwordFile,
  scratchFolder,
  sha256,
} = require('./lib/scratch');
const views = require('./lib/views');

const onCouchDB = process.argv[2] === 'couchdb';
const NOT_RUN = 77;
if (onCouchDB && !namedCouchDB()) {
  console.log(
    'not run: FOCUS_MONITOR_TEST_COUCHDB names no CouchDB (http://user:password@host:port)',
  );
  process.exit(NOT_RUN);
}

// Where CouchDB cut the history of one leaf short, that of another may hold the rest; a store joins
// them.
const longerHistory = onCouchDB ? ['--longer-history'] : [];
// PouchDB Server makes these under other names.
const NOT_FOR_POUCHDB_SERVER = ['a/b', 'a$()+-_/', 'con'];
const COUNTS = ['documents', 'deleted', 'leaves', 'conflicted', 'attachments'];
const prefix = onCouchDB ? `e2e${process.pid}-` : '';

const cleanup = new Cleanup();
after(() => cleanup.run());
let folder, program, source, recorder, made, backup, names, unpacked, onServer;

before(async () => {
  folder = scratchFolder(cleanup);
  program = new Program(path.join(folder, 'home'));
  source = onCouchDB ? namedCouchDB() : await startPouchDBServer(cleanup, folder);
  const options = onCouchDB ? ['--rich', '--large', '100', '--prefix', prefix] : [];
  if (onCouchDB)
    cleanup.after(() => runInterop('fill.js', [source.url, ...options, '--remove'], { source }));
  made = JSON.parse(await runInterop('fill.js', [source.url, ...options], { source }));
  recorder = await startRecorder(cleanup, source.url);
});

/** The steps build on each other: after a failed one the others only say so. */
let failed;
function step(name, run) {
  test(name, async () => {
    if (failed) throw new Error(`not reached, because "${failed}" failed`);
    failed = name;
    await run();
    failed = undefined;
  });
}

const countsOf = (entry) => Object.fromEntries(COUNTS.map((key) => [key, entry[key]]));

step('backup --json: exit code, fields and counts', async () => {
  const { user } = source;
  const refused = made.refused.map(({ database }) => database);
  assert.deepEqual(
    refused,
    onCouchDB ? [] : NOT_FOR_POUCHDB_SERVER,
    'what the server did not take',
  );
  const parameters = ['backup', '--json', '--from', withUser({ url: recorder.url, user })];
  parameters.push('--password-file', passwordFile(folder, source.password));
  parameters.push('--to', path.join(folder, 'backups'));
  if (onCouchDB) parameters.push('--db', `${prefix}*`);
  const ended = await program.good(parameters);
  assert.equal(ended.err, '');
  backup = ended.json;

  const { archive, started, finished, size, databases, fallbacks, ...rest } = backup;
  assert.deepEqual(rest, {
    verified: true,
    complete: true,
    omissions: [],
    appeared: [],
    vanished: [],
    reused: 0,
    remarks: [],
  });
  assert.equal(path.dirname(archive), path.join(folder, 'backups'));
  assert.equal(path.basename(archive), `${started.replaceAll(':', '_')}.tgz`);
  assert.ok(new Date(started) <= new Date(finished));
  assert.equal(size, fs.statSync(archive).size);
  assert.equal(fs.statSync(archive).mode & 0o777, 0o600);
  assert.deepEqual(leftoversIn(path.dirname(archive)), []);
  assert.equal(fallbacks.length === 0, onCouchDB, `fallbacks: ${fallbacks}`);

  names = databases.map(({ name }) => name);
  const systems = onCouchDB ? [] : ['_users'];
  const filled = made.databases.map(({ name }) => name);
  assert.deepEqual(names, [...systems, ...filled].sort(), `all databases of ${user}, in order`);
  for (const { name, ...expected } of made.databases) {
    const { update_seq, reused, content_from, compared, omissions, ...found } = databases.find(
      (entry) => entry.name === name,
    );
    assert.deepEqual(found, { name, ...expected });
    assert.deepEqual(
      { reused, content_from, omissions },
      { reused: false, content_from: 'source', omissions: [] },
      name,
    );
    assert.ok(compared >= started && compared <= finished, name);
    assert.equal(typeof update_seq, onCouchDB ? 'string' : 'number', name);
  }
});

step('verify proves it, alone and against the server', async () => {
  const { archives } = (await program.good(['verify', '--json', backup.archive])).json;
  assert.equal(archives.length, 1);
  const { note, documents, ...verified } = archives[0];
  assert.deepEqual(verified, {
    path: backup.archive,
    ok: true,
    origin: 'focus-monitor',
    levels: { L1: 'passed', L2: 'passed', L3: 'passed' },
    databases: names.length,
    bodies_compared: 0,
    problems: [],
    remarks: [],
  });
  assert.match(note, /compared with the source/);
  const all = backup.databases.reduce((sum, entry) => sum + entry.documents, 0);
  assert.equal(documents, all);

  const against = [
    '--against',
    withUser({ ...source, url: recorder.url }),
    '--password-file',
    path.join(folder, 'password'),
  ];
  const compared = await program.good(['verify', '--json', '--full', ...against, backup.archive]);
  const report = compared.json.archives[0];
  assert.deepEqual([report.ok, report.levels.L3, report.problems], [true, 'passed', []]);
  const leaves = backup.databases.reduce((sum, entry) => sum + entry.leaves, 0);
  assert.equal(report.bodies_compared, leaves);
});

step('nothing was written to the server', async () => {
  const reads = /^(GET|HEAD) |^POST \/(_dbs_info|[^/]+\/_bulk_get(\?.*)?|[^/]+\/_revs_diff)$/;
  const said = recorder.requests.map(({ method, target }) => `${method} ${target}`);
  assert.ok(said.length > names.length);
  assert.deepEqual(
    said.filter((request) => !reads.test(request)),
    [],
  );

  const server = new Server(source.url, source);
  cleanup.after(() => server.close());
  for (const { name, update_seq } of backup.databases) {
    const info = await server.ask('GET', `/${encodeURIComponent(name)}`);
    assert.equal(
      parseInt(info.get('update_seq').text ?? info.get('update_seq'), 10),
      parseInt(update_seq, 10),
      name,
    );
    if (!onCouchDB) continue; // PouchDB Server cannot list them
    const { rows } = Object.fromEntries(
      await server.ask('GET', `/${encodeURIComponent(name)}/_local_docs`),
    );
    const expected = name === `${prefix}org_acme` ? ['_local/settings'] : [];
    assert.deepEqual(
      rows.map((row) => row.get('id')),
      expected,
      name,
    );
  }
});

step('list agrees with what backup said', async () => {
  const listed = (await program.good(['list', '--json', backup.archive])).json.databases;
  const expected = backup.databases.map((entry) => ({ ...entry, whole: true }));
  assert.deepEqual(listed, expected);
  const { out } = await program.good(['list', backup.archive]);
  assert.equal(out.trim().split('\n').length, names.length + 1, 'a heading and a line for each');
});

step('list and show tell every leaf as the server does, number for number', async () => {
  onServer = await views.serversView(source, names);
  const before = sha256(backup.archive);
  const ours = await views.programsView(program, backup.archive, names);
  await views.assertSame(views.withDecodedDigests(onServer), ours, folder, {
    options: longerHistory,
    between: 'server ≠ list and show',
  });
  assert.equal(sha256(backup.archive), before, 'reading changed the archive');
});

step('GNU tar unpacks it; the manifest has the counts', async () => {
  unpacked = await views.unpack(backup.archive, path.join(folder, 'unpacked'));
  assert.deepEqual([...unpacked.folders.keys()], names);
  const { manifest, root } = unpacked;
  assert.equal(manifest.complete, true);
  for (const entry of manifest.databases)
    assert.deepEqual(
      countsOf(entry),
      countsOf(backup.databases.find(({ name }) => name === entry.name)),
    );
  const format = JSON.parse(fs.readFileSync(path.join(root, 'format.json'), 'utf8'));
  assert.equal(format.run_id ?? format.run, manifest.run_id ?? manifest.run);
  assert.match(fs.readFileSync(path.join(root, 'README.txt'), 'utf8'), /pouchdb-node/);
});

for (const version of ['7', '9']) {
  step(`PouchDB ${version} finds in the unpacked folders what the server has`, async () => {
    const inPouch = await views.pouchsView(version, unpacked.folders);
    await views.assertSame(onServer, inPouch, folder, {
      options: ['--pouch', ...longerHistory],
      between: `server ≠ PouchDB ${version}`,
    });
  });
}

step('a second backup leaves the first as it is', async () => {
  const to = path.dirname(backup.archive);
  const before = contents(to);
  const parameters = ['backup', '--from', withUser(source), '--to', to];
  parameters.push('--password-file', path.join(folder, 'password'), '--db', `${prefix}conflicts`);
  const { out, err } = await program.good(parameters);
  assert.match(err, /^1 databases?, 8 documents, 21 leaf revisions, [^\n]*verified\.\n$/);
  const second = out.trim();
  assert.equal(path.dirname(second), to);
  const { [path.basename(second)]: added, ...rest } = contents(to);
  assert.ok(added);
  delete rest['.focus-monitor-lock'];
  delete before['.focus-monitor-lock'];
  assert.deepEqual(rest, before);
});
