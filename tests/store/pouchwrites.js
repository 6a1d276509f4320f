#!/usr/bin/env node
'use strict';
// pouchwrites.js 7|9 DIR   goes on with a database that the Writer made, as an operator's PouchDB
// would: changes, deletes, attaches, compacts.

const path = require('node:path');
const { loadPouchDB, openDatabase } = require('../interop/lib/pouchdb');

async function main([version, dir]) {
  const db = openDatabase(loadPouchDB(version), path.resolve(dir), {});
  const { rows } = await db.allDocs();
  for (const { id, value } of rows.slice(0, 3)) await db.put({ _id: id, _rev: value.rev, n: 1 });
  for (const { id, value } of rows.slice(3, 5)) await db.remove(id, value.rev);
  for (let i = 0; i < 500; i++) await db.put({ _id: `written-${i}`, text: 'x'.repeat(2000) });
  const bytes = Buffer.alloc(9_000_000, 'large');
  await db.putAttachment('written-0', 'large', (await db.get('written-0'))._rev, bytes, 'a/b');
  await db.compact();
  await db.close();
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`pouchwrites.js: ${error.stack}\n`);
  process.exitCode = 1;
});
