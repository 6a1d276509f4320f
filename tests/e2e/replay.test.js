'use strict';
// The documents of tests/data/pouchdb/source-documents, as a CouchDB 3.5 had them, through the
// program into both PouchDB versions: stemmed and long histories, numbers with texts that PouchDB
// cannot keep, compressed attachments.

const path = require('node:path');
const { test } = require('node:test');
const assert = require('node:assert/strict');
const { Program } = require('./lib/program');
const { startReplay } = require('./lib/replay');
const { cleanupAfter, scratchFolder } = require('./lib/scratch');
const views = require('./lib/views');

test('recorded documents of CouchDB come out of the archive as they were', async (t) => {
  const cleanup = cleanupAfter(t);
  const folder = scratchFolder(cleanup);
  const program = new Program(path.join(folder, 'home'));
  const { url, names, view } = await startReplay(cleanup);

  const to = path.join(folder, 'backups');
  const backup = (await program.good(['backup', '--json', '--from', url, '--to', to])).json;
  assert.deepEqual(
    backup.databases.map(({ name }) => name),
    names,
  );
  assert.deepEqual(backup.fallbacks, []);

  const ours = await views.programsView(program, backup.archive, names);
  await views.assertSame(views.withDecodedDigests(view), ours, folder, {
    between: 'source ≠ list and show',
  });
  const { folders, manifest } = await views.unpack(backup.archive, path.join(folder, 'unpacked'));
  const limits = manifest.databases.map(({ name, revs_limit }) => [name, revs_limit]);
  assert.deepEqual(
    limits,
    names.map((name) => [name, name === 'stemmed' ? 5 : 1000]),
  );
  for (const version of ['7', '9']) {
    await views.assertSame(view, await views.pouchsView(version, folders), folder, {
      options: ['--pouch', '--longer-history'],
      between: `source ≠ PouchDB ${version}`,
    });
  }
});
