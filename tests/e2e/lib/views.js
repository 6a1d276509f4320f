'use strict';
// The same databases seen from different sides, in the lines that tests/interop/leaves.js prints:
// by the server, by the program, by PouchDB from the unpacked archive.

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { promisify } = require('node:util');
const { byRevision, inParallel } = require('../../interop/lib/canonical');
const { parse, stringify } = require('../../interop/lib/json');
const { runInterop } = require('./peers');

const PARALLEL = 4;

/** How to name a document on the command line. NUL ends an argument, so it needs JSON. */
const documentArguments = (id) =>
  id.includes('\u0000')
    ? { options: ['--id-json', JSON.stringify(id)], id: [] }
    : { options: [], id: [id] };

/** What `show` prints about a document, parsed (numbers as text). */
async function show(program, archive, database, id, options = []) {
  const named = documentArguments(id);
  const { out } = await program.good([
    ...['show', '--json', ...options, ...named.options],
    ...['--', archive, database, ...named.id],
  ]);
  return parse(out);
}

/** Every node of `show --tree --json`, each with the path from it to its root, newest first. */
function treeNodes(tree) {
  const nodes = [];
  const todo = tree.get('roots').map((node) => ({ node, path: [] }));
  while (todo.length) {
    const { node, path: above } = todo.pop();
    const rev = node.get('rev');
    const whole = [rev, ...above];
    const children = node.get('children');
    nodes.push({
      rev,
      available: node.get('status') === 'available',
      deleted: node.get('deleted'),
      isLeaf: children.length === 0,
      path: whole,
    });
    for (const child of children) todo.push({ node: child, path: whole });
  }
  return nodes;
}

/** The stubs of a body as leaves.js lists attachments; what is stored has digests of the bytes. */
function attachmentsOf(body) {
  return [...(body.get('_attachments') ?? [])].map(([name, stub]) => ({
    rev: body.get('_rev'),
    name,
    digest: stub.get('digest'),
    length: stub.get('length'),
    content_type: stub.get('content_type'),
    revpos: stub.get('revpos'),
    got_length: stub.get('length'),
    md5: stub.get('digest').replace(/^md5-/, ''),
  }));
}

async function programsDocument(program, archive, database, row) {
  let leaves = [row.rev];
  if (row.leaves > 1) {
    const tree = await show(program, archive, database, row.id, ['--tree']);
    assert.equal(tree.get('winner'), row.rev, `winner of ${row.id} in list and in show --tree`);
    leaves = treeNodes(tree)
      .filter((node) => node.isLeaf)
      .map((node) => node.rev);
    assert.equal(leaves.length, row.leaves, `leaves of ${row.id} in list and in show --tree`);
  }
  const bodies = [];
  for (const rev of leaves.sort(byRevision)) {
    const options = rev === row.rev && row.leaves === 1 ? [] : ['--rev', rev];
    bodies.push(await show(program, archive, database, row.id, options));
  }
  const winner = bodies.find((body) => body.get('_rev') === row.rev);
  assert.equal(
    row.attachments,
    attachmentsOf(winner).length,
    `attachments of ${row.id} in list and show`,
  );
  return {
    rev: row.rev,
    deleted: row.deleted,
    open_revs: bodies.map((body) => ({ ok: body })),
    attachments: bodies.flatMap(attachmentsOf),
  };
}

/** By list and show, a process for each database and leaf. */
async function programsView(program, archive, names) {
  const listed = (await program.good(['list', archive, '--json'])).json.databases;
  const lines = [];
  for (const { name, documents } of listed.filter((entry) => names.includes(entry.name))) {
    const rows = (await program.good(['list', '--json', '--', archive, name])).json.documents;
    const docs = await inParallel(PARALLEL, rows, (row) =>
      programsDocument(program, archive, name, row),
    );
    const ids = rows.map((row) => row.id);
    lines.push({
      database: name,
      info: { db_name: name, doc_count: documents },
      ids,
      docs: new Map(ids.map((id, index) => [id, docs[index]])),
    });
  }
  return lines.map(stringify).join('\n') + '\n';
}

/**
 * By the server. With `decodedDigests` attachments have the digest of their bytes, as every PouchDB
 * store has it; CouchDB's own is that of the compressed bytes where it compressed them.
 */
function withDecodedDigests(view) {
  const lines = view.trim().split('\n').map(parse);
  for (const line of lines) {
    for (const document of line.get('docs').values()) {
      for (const attachment of document.get('attachments'))
        attachment.set('digest', `md5-${attachment.get('md5')}`);
    }
  }
  return lines.map(stringify).join('\n') + '\n';
}

const serversView = (source, names) => runInterop('leaves.js', [source.url, ...names], { source });

/** Unpacks with GNU tar; returns the manifest, and the folder of each database by its name. */
async function unpack(archive, folder) {
  fs.mkdirSync(folder);
  const { stderr } = await promisify(execFile)('tar', ['-xzf', archive, '-C', folder]);
  assert.equal(stderr, '', 'GNU tar has nothing to remark');
  const tops = fs.readdirSync(folder);
  assert.ok(
    tops.includes(path.basename(archive, '.tgz')),
    `${tops} has the folder of the timestamp`,
  );
  const root = path.join(folder, path.basename(archive, '.tgz'));
  const manifest = JSON.parse(fs.readFileSync(path.join(root, 'manifest.json'), 'utf8'));
  const folders = new Map(
    manifest.databases.map(({ name, directory }) => [name, path.join(root, directory)]),
  );
  return { manifest, folders, root };
}

/** By pouchdb-node 7.3.0 or 9.0.0 (`version`), from the folders of the databases. */
async function pouchsView(version, folders) {
  const names = new Map([...folders].map(([name, folder]) => [folder, name]));
  const dumped = await runInterop('dump.js', [version, ...names.keys()], { codes: [0, 1] });
  const lines = dumped.trim().split('\n').map(parse);
  for (const line of lines) line.set('database', names.get(line.get('dir')));
  return lines.map(stringify).join('\n') + '\n';
}

/** Fails with what compare.js says about the two views. */
async function assertSame(a, b, folder, { options = [], between }) {
  const files = [a, b].map((text, index) => {
    const file = path.join(folder, `view-${index}.json`);
    fs.writeFileSync(file, text);
    return file;
  });
  const differences = await runInterop('compare.js', [...files, ...options], { codes: [0, 1] });
  const lines = differences.split('\n').filter(Boolean);
  const most = 20;
  const more = lines.length > most ? `\n… and ${lines.length - most} more` : '';
  if (lines.length) assert.fail(`${between}:\n${lines.slice(0, most).join('\n')}${more}`);
}

module.exports = {
  assertSame,
  pouchsView,
  programsView,
  serversView,
  show,
  treeNodes,
  unpack,
  withDecodedDigests,
};
