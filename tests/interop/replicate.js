#!/usr/bin/env node
'use strict';
// replicate.js 7|9 SOURCE TARGET   lets PouchDB replicate one database once; each is a LevelDB
// directory or an address.
//
// From an address into a new directory this is how the predecessor backs up; from a directory to an
// address it is how its users restore. A directory is opened in place, which changes it.

const { credentials } = require('./lib/http');
const { loadPouchDB, openDatabase } = require('./lib/pouchdb');

async function main([version, source, target]) {
  if (!target) throw new Error('usage: replicate.js 7|9 SOURCE TARGET');
  const PouchDB = loadPouchDB(version);
  const ends = [source, target].map((place) => openDatabase(PouchDB, place, credentials()));
  try {
    const { docs_read, docs_written, doc_write_failures, errors } = await PouchDB.replicate(
      ...ends,
    );
    process.stdout.write(
      JSON.stringify({ docs_read, docs_written, doc_write_failures, errors }) + '\n',
    );
    if (doc_write_failures) process.exitCode = 1;
  } finally {
    await Promise.all(ends.map((end) => end.close()));
  }
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`replicate.js: ${error.message ?? error}\n`);
  process.exitCode = 1;
});
