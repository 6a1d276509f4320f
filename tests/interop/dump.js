#!/usr/bin/env node
'use strict';
// dump.js 7|9 DIR...   prints what PouchDB's API says is in each LevelDB directory, one line of
// JSON for each.
//
// Opening a LevelDB changes it, so a copy is opened. Documents are found through changes():
// allDocs() leaves out ids from U+00FF up. A line for a directory that cannot be read is
// {"dir":…,"error":…}, and the exit code is then 1.

const fs = require('node:fs/promises');
const os = require('node:os');
const path = require('node:path');
const { stringify } = require('./lib/json');
const { byBytes, byRevision, inParallel, md5, printLine } = require('./lib/canonical');
const { loadPouchDB, openDatabase } = require('./lib/pouchdb');

// Larger attachments are told by their MD5 only, not repeated in base64.
const WHOLE_ATTACHMENT_LIMIT = 1024 * 1024;

/**
 * What `call` returns, or what its failure says: a document that PouchDB cannot read must show, not
 * end the dump.
 */
async function answer(call) {
  try {
    return { ok: await call() };
  } catch (error) {
    return {
      error: { status: error.status, name: error.name, reason: error.reason ?? error.message },
    };
  }
}

/** All revisions whose bodies are stored, leaf or not, found along the path of every leaf. */
async function availableRevisions(db, id, leaves) {
  const found = new Set();
  for (const leaf of leaves) {
    const path = await answer(() => db.get(id, { rev: leaf, revs_info: true }));
    for (const entry of path.ok?._revs_info ?? [])
      if (entry.status === 'available') found.add(entry.rev);
    if (path.ok) found.add(leaf);
  }
  return [...found].sort(byRevision);
}

async function dumpAttachments(db, id, rev, doc, whole) {
  const list = [];
  for (const name of Object.keys(doc._attachments ?? {}).sort(byBytes)) {
    const { digest, length, content_type, revpos } = doc._attachments[name];
    const entry = { rev, name, digest, length, content_type, revpos };
    const got = await answer(() => db.getAttachment(id, name, { rev }));
    if (got.ok) {
      entry.got_length = got.ok.length;
      entry.md5 = md5(got.ok);
      if (got.ok.length <= WHOLE_ATTACHMENT_LIMIT) whole.set(digest, got.ok.toString('base64'));
    } else {
      entry.error = got.error;
    }
    list.push(entry);
  }
  return list;
}

async function dumpDocument(db, change, whole) {
  const { id } = change;
  const opened = await answer(() => db.get(id, { open_revs: 'all', revs: true }));
  const leaves = (opened.ok ?? [])
    .filter((leaf) => leaf.ok)
    .map((leaf) => leaf.ok._rev)
    .sort(byRevision);
  const byRev = new Map((opened.ok ?? []).map((leaf) => [leaf.ok?._rev ?? leaf.missing, leaf]));
  const winner = await answer(() => db.get(id, { conflicts: true, revs_info: true }));

  const available = new Map();
  const attachments = [];
  for (const rev of await availableRevisions(db, id, leaves)) {
    const body = await answer(() => db.get(id, { rev }));
    available.set(rev, body.ok ?? body);
    if (body.ok) attachments.push(...(await dumpAttachments(db, id, rev, body.ok, whole)));
  }
  return {
    rev: change.changes[0].rev,
    deleted: Boolean(change.deleted),
    open_revs: opened.ok
      ? [...byRev.keys()].sort(byRevision).map((rev) => byRev.get(rev))
      : undefined,
    open_revs_error: opened.error,
    winner: winner.ok,
    winner_error: winner.error,
    available_revs: available,
    attachments,
  };
}

async function dumpDatabase(PouchDB, db) {
  const info = await db.info();
  const winners = await db.changes({ since: 0 });
  const allDocs = await answer(() => db.allDocs({ include_docs: true, conflicts: true }));
  const descending = await db.allDocs({ descending: true });
  const changes = await db.changes({ since: 0, style: 'all_docs' });

  const whole = new Map();
  const docs = new Map();
  const sorted = [...winners.results].sort((a, b) => byBytes(a.id, b.id));
  const dumped = await inParallel(8, sorted, (change) => dumpDocument(db, change, whole));
  sorted.forEach((change, index) => docs.set(change.id, dumped[index]));
  for (const change of changes.results) change.changes.sort((a, b) => byRevision(b.rev, a.rev));
  return {
    pouchdb: PouchDB.version,
    info,
    uuid: await db.id(),
    allDocs: allDocs.ok ?? allDocs,
    allDocsDesc_ids: descending.rows.map((row) => row.id),
    changes: { results: changes.results, last_seq: changes.last_seq },
    ids: changes.results.map((change) => change.id),
    docs,
    attachments: new Map([...whole].sort(([a], [b]) => byBytes(a, b))),
  };
}

/** The database's name from its directory's: archives percent-encode what file systems refuse. */
function databaseName(dir) {
  try {
    return decodeURIComponent(path.basename(dir));
  } catch {
    return path.basename(dir);
  }
}

async function dumpDirectory(PouchDB, dir) {
  const original = path.resolve(dir);
  await fs.access(path.join(original, 'CURRENT')); // LevelDB would create what is not there
  const scratch = await fs.mkdtemp(path.join(os.tmpdir(), 'focus-monitor-dump-'));
  try {
    const name = path.basename(original);
    await fs.cp(original, path.join(scratch, name), {
      recursive: true,
      mode: fs.constants.COPYFILE_FICLONE,
      filter: (file) => path.basename(file) !== 'LOCK',
    });
    const db = openDatabase(PouchDB, path.join(scratch, name), {});
    try {
      return { dir, database: databaseName(original), ...(await dumpDatabase(PouchDB, db)) };
    } finally {
      await db.close();
    }
  } finally {
    await fs.rm(scratch, { recursive: true, force: true });
  }
}

async function main([version, ...dirs]) {
  if (!dirs.length) throw new Error('usage: dump.js 7|9 DIR...');
  const PouchDB = loadPouchDB(version);
  for (const dir of dirs) {
    const dumped = await answer(() => dumpDirectory(PouchDB, dir));
    if (dumped.error) {
      process.stderr.write(`dump.js: ${dir}: ${dumped.error.reason}\n`);
      process.exitCode = 1;
    }
    await printLine(stringify(dumped.ok ?? { dir, error: dumped.error }));
  }
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`dump.js: ${error.message}\n`);
  process.exitCode = 2;
});
