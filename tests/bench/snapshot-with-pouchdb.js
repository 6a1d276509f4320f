#!/usr/bin/env node
'use strict';
// snapshot-with-pouchdb.js 7|9 URL FOLDER DATABASE...   copies databases as the predecessor did:
// each is replicated into a LevelDB directory, one after the other, and all of them go into a .tgz.

const fs = require('node:fs');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { credentials } = require('../interop/lib/http');
const { loadPouchDB, openDatabase } = require('../interop/lib/pouchdb');

async function main([version, url, folder, ...databases]) {
  const PouchDB = loadPouchDB(version);
  const snapshot = path.join(folder, 'snapshot');
  fs.mkdirSync(snapshot, { recursive: true });
  for (const name of databases) {
    const ends = [`${url}/${encodeURIComponent(name)}`, path.join(snapshot, name)].map((place) =>
      openDatabase(PouchDB, place, credentials()),
    );
    const { doc_write_failures: failures } = await PouchDB.replicate(...ends);
    if (failures) throw new Error(`${name}: ${failures} documents were not written`);
    await Promise.all(ends.map((end) => end.close()));
  }
  execFileSync('tar', ['czf', path.join(folder, 'snapshot.tgz'), '-C', folder, 'snapshot']);
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`snapshot-with-pouchdb.js: ${error.message ?? error}\n`);
  process.exitCode = 1;
});
