#!/usr/bin/env node
'use strict';
// leaves.js URL [DATABASE...] [--prefix P]
//
// Prints all leaves of every document of a CouchDB-like server, one line of JSON for each database
// (all but those that begin with "_", or the named ones), in the format of dump.js without the
// parts that only PouchDB's API has. Bodies come with open_revs=all and keep the server's number
// texts and key order; attachments are read by GET.

const { parseArgs } = require('node:util');
const { Server, documentPath, fitsInPath } = require('./lib/http');
const { stringify } = require('./lib/json');
const { byBytes, byRevision, inParallel, md5, printLine } = require('./lib/canonical');

/** The leaves as open_revs=all gives them; by POST for ids that no path can carry. */
async function openRevisions(server, database, id, leaves) {
  if (fitsInPath(id)) {
    return server.ask('GET', `${documentPath(database, id)}?open_revs=all&revs=true`);
  }
  const path = `/${encodeURIComponent(database)}/_bulk_get?revs=true`;
  const { results } = Object.fromEntries(
    await server.ask('POST', path, { docs: leaves.map((rev) => ({ id, rev })) }),
  );
  return results.flatMap((result) => result.get('docs'));
}

/** {status, length, md5} of an attachment's bytes; by POST for names that no path can carry. */
async function readAttachment(server, database, id, rev, name) {
  if (fitsInPath(id) && fitsInPath(name)) {
    return server.digest(
      `${documentPath(database, id)}/${encodeURIComponent(name)}?rev=${encodeURIComponent(rev)}`,
    );
  }
  const path = `/${encodeURIComponent(database)}/_bulk_get?attachments=true`;
  const answer = await server.ask('POST', path, { docs: [{ id, rev }] });
  const doc = answer.get('results')[0].get('docs')[0].get('ok');
  const bytes = Buffer.from(doc.get('_attachments').get(name).get('data'), 'base64');
  return { status: 200, length: bytes.length, md5: md5(bytes) };
}

async function listAttachments(server, database, id, leaf) {
  const rev = leaf.get('_rev');
  const stubs = [...(leaf.get('_attachments') ?? [])].sort(([a], [b]) => byBytes(a, b));
  return inParallel(4, stubs, async ([name, stub]) => {
    const got = await readAttachment(server, database, id, rev, name);
    const entry = { rev, name };
    for (const key of ['digest', 'length', 'content_type', 'revpos']) entry[key] = stub.get(key);
    if (got.status === 200 && !got.encoding)
      return { ...entry, got_length: got.length, md5: got.md5 };
    return { ...entry, error: { status: got.status, encoding: got.encoding } };
  });
}

async function readDocument(server, database, winner, leaves) {
  const id = winner.get('id');
  const opened = await openRevisions(server, database, id, leaves);
  const revision = (entry) => entry.get('ok')?.get('_rev') ?? String(entry.get('missing'));
  opened.sort((a, b) => byRevision(revision(a), revision(b)));
  const bodies = opened.map((entry) => entry.get('ok')).filter(Boolean);
  const attachments = [];
  for (const leaf of bodies)
    attachments.push(...(await listAttachments(server, database, id, leaf)));
  const rev = winner.get('changes')[0].get('rev');
  return { rev, deleted: winner.get('deleted') === true, open_revs: opened, attachments };
}

async function readDatabase(server, database) {
  const path = `/${encodeURIComponent(database)}`;
  const info = await server.ask('GET', path);
  // Without style=all_docs the one revision told is the winner; with it their order differs from
  // server to server.
  const winners = (await server.ask('GET', `${path}/_changes`))
    .get('results')
    .sort((a, b) => byBytes(a.get('id'), b.get('id')));
  const changes = (await server.ask('GET', `${path}/_changes?style=all_docs`)).get('results');
  const leaves = new Map(
    changes.map((row) => [row.get('id'), row.get('changes').map((change) => change.get('rev'))]),
  );
  const documents = await inParallel(8, winners, (winner) => {
    return readDocument(server, database, winner, leaves.get(winner.get('id')) ?? []);
  });
  return {
    database,
    info: {
      db_name: database,
      doc_count: info.get('doc_count'),
      update_seq: info.get('update_seq'),
    },
    ids: winners.map((row) => row.get('id')),
    docs: new Map(winners.map((row, index) => [row.get('id'), documents[index]])),
  };
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { prefix: { type: 'string', default: '' } },
  });
  const [url, ...named] = positionals;
  if (!url) throw new Error('usage: leaves.js URL [DATABASE...] [--prefix P]');
  const server = new Server(url);
  const databases = named.length
    ? named
    : (await server.databases()).filter((name) => name.startsWith(values.prefix));
  for (const database of databases.sort(byBytes))
    await printLine(stringify(await readDatabase(server, database)));
  server.close();
}

main().catch((error) => {
  process.stderr.write(`leaves.js: ${error.message}\n`);
  process.exitCode = 1;
});
