'use strict';
// A server that answers as CouchDB 3.5 did about the databases of
// tests/data/pouchdb/source-documents: with its sequences, its texts of numbers, its stemmed
// histories and its compressed attachments.

const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');
const { byBytes, byRevision, md5 } = require('../../interop/lib/canonical');
const { parse, stringify } = require('../../interop/lib/json');
const { listen } = require('./peers');

const data = path.join(__dirname, '..', '..', 'data', 'pouchdb');
const read = (...names) => parse(fs.readFileSync(path.join(data, ...names), 'utf8'));

// PouchDB drops the attachments of tombstones, so these bytes are not in its dumps.
const OF_TOMBSTONES = new Map([['deleted del-att x.txt', 'attached']]);

/** The bytes of attachments are known from what PouchDB made of the same documents. */
function attachmentBytes(database, id, rev, name) {
  const told = OF_TOMBSTONES.get(`${database} ${id} ${name}`);
  if (told) return Buffer.from(told);
  const dump = read('made-by-pouchdb-9.0.0', 'expected', `${database}.json`);
  const entry = dump
    .get('docs')
    .get(id)
    .get('attachments')
    .find((one) => one.get('rev') === rev && one.get('name') === name);
  return Buffer.from(dump.get('attachments').get(entry.get('digest')), 'base64');
}

/** The leaves of one document, whose stubs get what CouchDB tells about compressed attachments. */
function leavesOf(database, id, opened, attachments) {
  return opened.map((entry) => {
    const body = entry.get('ok');
    const rev = body.get('_rev');
    for (const [name, stub] of body.get('_attachments') ?? []) {
      const bytes = attachmentBytes(database, id, rev, name);
      let encoded;
      if (stub.get('digest') !== `md5-${md5(bytes)}`) {
        encoded = zlib.gzipSync(bytes, { level: 7 });
        if (stub.get('digest') !== `md5-${md5(encoded)}`)
          throw new Error(`${database} ${id} ${name}: not the bytes that CouchDB had`);
        stub.set('encoding', 'gzip');
        stub.set('encoded_length', encoded.length);
      }
      const target = `/${database}/${encodedId(id)}/${encodeURIComponent(name)}?rev=${rev}`;
      attachments.set(target, { id, name, rev, stub, bytes, encoded });
    }
    return body;
  });
}

const encodedId = (id) =>
  id
    .split(/(^_design\/)/)
    .map((part) => (part === '_design/' ? part : encodeURIComponent(part)))
    .join('');

function load() {
  const databases = new Map();
  const attachments = new Map(); // by the target of their GET
  for (const file of fs.readdirSync(path.join(data, 'source-documents')).sort()) {
    const name = path.basename(file, '.json');
    const source = read('source-documents', file);
    const documents = new Map();
    for (const [id, opened] of source.get('docs') ?? [])
      documents.set(id, leavesOf(name, id, opened, attachments));
    databases.set(name, {
      info: source.get('info'),
      security: source.get('security'),
      changes: source.get('changes'),
      revsLimit: name === 'stemmed' ? 5 : 1000,
      documents,
    });
  }
  return { databases, attachments };
}

function changes(database, query) {
  const rows = database.changes.get('results');
  const since = query.get('since');
  const begin = rows.findIndex((row) => row.get('seq') === since) + 1;
  if (since && since !== '0' && begin === 0) throw new Error(`since=${since} was never told`);
  const page = rows.slice(begin, begin + Number(query.get('limit') ?? rows.length));
  const last = page.at(-1)?.get('seq') ?? since ?? database.changes.get('last_seq');
  return { results: page, last_seq: last, pending: rows.length - begin - page.length };
}

function bulkGet(database, wanted) {
  const results = wanted.get('docs').map((one) => {
    const [id, rev] = [one.get('id'), one.get('rev')];
    const found = (database.documents.get(id) ?? []).filter(
      (leaf) => !rev || leaf.get('_rev') === rev,
    );
    const error = { id, rev, error: 'not_found', reason: 'missing' };
    return { id, docs: found.length ? found.map((leaf) => ({ ok: leaf })) : [{ error }] };
  });
  return { results };
}

function revsDiff(database, asked) {
  const known = (id) => (database.documents.get(id) ?? []).map((leaf) => leaf.get('_rev'));
  const missing = [...asked]
    .map(([id, revs]) => [id, { missing: revs.filter((rev) => !known(id).includes(rev)) }])
    .filter(([, answer]) => answer.missing.length);
  return new Map(missing);
}

/** What the server says, or undefined where CouchDB would have a 404. */
function answer(databases, method, target, body) {
  const url = new URL(target, 'http://replay');
  const [, name, endpoint, ...more] = url.pathname.split('/').map(decodeURIComponent);
  if (target === '/')
    return {
      couchdb: 'Welcome',
      version: '3.5.0',
      uuid: 'replayed',
      vendor: { name: 'The Apache Software Foundation' },
    };
  if (target === '/_all_dbs') return [...databases.keys()];
  if (target === '/_dbs_info')
    return body.get('keys').map((key) => ({
      key,
      info: databases.get(key)?.info,
      error: databases.has(key) ? undefined : 'not_found',
    }));
  const database = databases.get(name);
  if (!database || more.length) return undefined;
  const answers = {
    'GET ': () => database.info,
    'GET _security': () => database.security,
    'GET _revs_limit': () => database.revsLimit,
    'GET _local_docs': () => ({ total_rows: null, offset: null, rows: [] }),
    'GET _changes': () => changes(database, url.searchParams),
    'POST _bulk_get': () => bulkGet(database, body),
    'POST _revs_diff': () => revsDiff(database, body),
  };
  return answers[`${method} ${endpoint ?? ''}`]?.();
}

/** {url, names, view}: the server, its databases, and what leaves.js would say about it. */
async function startReplay(cleanup) {
  const { databases, attachments } = load();
  const { url } = await listen(cleanup, async (request, response) => {
    const chunks = await request.toArray();
    const body = chunks.length ? parse(Buffer.concat(chunks).toString('utf8')) : undefined;
    const attachment = attachments.get(request.url);
    if (attachment && request.method === 'GET') {
      const zipped =
        attachment.encoded && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
      const bytes = zipped ? attachment.encoded : attachment.bytes;
      response.writeHead(200, {
        'Content-Type': attachment.stub.get('content_type'),
        'Content-Length': bytes.length,
        ...(zipped ? { 'Content-Encoding': 'gzip' } : {}),
      });
      response.end(bytes);
      return;
    }
    const said = answer(databases, request.method, request.url, body);
    const found = said !== undefined;
    response.writeHead(found ? 200 : 404, { 'Content-Type': 'application/json' });
    response.end(stringify(found ? said : { error: 'not_found', reason: 'missing' }) + '\n');
  });
  return { url, names: [...databases.keys()], view: viewOf(databases, attachments) };
}

function viewOf(databases, attachments) {
  const lines = [...databases].map(([name, { info, documents, changes: feed }]) => {
    const deleted = new Map(
      feed.get('results').map((row) => [row.get('id'), row.get('deleted') === true]),
    );
    const docs = [...documents]
      .sort(([a], [b]) => byBytes(a, b))
      .map(([id, leaves]) => {
        const bodies = [...leaves].sort((a, b) => byRevision(a.get('_rev'), b.get('_rev')));
        const files = [...attachments.values()].filter(
          (one) =>
            one.id === id &&
            leaves.some((leaf) => leaf.get('_attachments')?.get(one.name) === one.stub),
        );
        return [
          id,
          {
            deleted: deleted.get(id),
            open_revs: bodies.map((ok) => ({ ok })),
            attachments: files.map(({ rev, name: file, stub, bytes }) => ({
              rev,
              name: file,
              digest: stub.get('digest'),
              length: stub.get('length'),
              content_type: stub.get('content_type'),
              revpos: stub.get('revpos'),
              got_length: bytes.length,
              md5: md5(bytes),
            })),
          },
        ];
      });
    return stringify({
      database: name,
      info: { db_name: name, doc_count: info.get('doc_count') },
      ids: docs.map(([id]) => id),
      docs: new Map(docs),
    });
  });
  return lines.join('\n') + '\n';
}

module.exports = { startReplay };
