'use strict';
// The installed versions of pouchdb-node.

const fs = require('node:fs');
const path = require('node:path');

const FOLDERS = new Map([
  ['7', 'pouchdb-7'],
  ['9', 'pouchdb-9'],
]);

function loadPouchDB(version) {
  const folder = FOLDERS.get(String(version));
  if (!folder) throw new Error(`version 7 or 9, not ${version}`);
  const module = path.join(__dirname, '..', folder, 'node_modules', 'pouchdb-node');
  if (!fs.existsSync(module))
    throw new Error(`pouchdb-node is not here; run tests/interop/install ${folder}`);
  return require(module);
}

/**
 * Opens the LevelDB directory, or the database at an http:// address with the user's credentials.
 */
function openDatabase(PouchDB, place, { user, password }) {
  if (/^https?:/.test(place)) return new PouchDB(place, { auth: { username: user, password } });
  const directory = path.resolve(place);
  return new PouchDB(path.basename(directory), {
    prefix: path.dirname(directory) + path.sep,
    adapter: 'leveldb',
  });
}

module.exports = { loadPouchDB, openDatabase };
