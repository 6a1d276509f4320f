#!/usr/bin/env node
'use strict';
// fill.js URL [--rich] [--large MIB] [--prefix P] [--remove]
//
// Makes the databases of lib/sample-databases.js on a CouchDB-like server and prints as JSON what
// it made, with the counts that a backup must report, and under "refused" what the server did not
// take. --rich adds what only a real CouchDB takes, --large an attachment of that size, --prefix
// stands before every name, --remove deletes them again.

const { parseArgs } = require('node:util');
const { Server, documentPath } = require('./lib/http');
const { stringify } = require('./lib/json');
const { onlyCouchDB, withLargeAttachment } = require('./lib/rich-databases');
const { everywhere } = require('./lib/sample-databases');

const BATCH_BYTES = 8 * 1024 * 1024;

const short = (id) => (id.length > 60 ? `${id.slice(0, 60)}… (${id.length})` : id);

function inline({ attachments, keep, ...body }) {
  if (!attachments) return body;
  const _attachments = {};
  for (const [name, { type, bytes }] of Object.entries(attachments)) {
    _attachments[name] = { content_type: type, data: bytes.toString('base64') };
  }
  return { ...body, _attachments };
}

class Filler {
  #server;
  refused = [];

  constructor(server) {
    this.#server = server;
  }

  /**
   * Makes one database; returns what is in it afterwards, or nothing when the server refused the
   * name.
   */
  async fill(sample, name) {
    if (!(await this.#create(name))) return undefined;
    const path = `/${encodeURIComponent(name)}`;
    if (sample.revsLimit) {
      const { status, text } = await this.#server.request(
        'PUT',
        `${path}/_revs_limit`,
        sample.revsLimit,
      );
      if (status >= 300) {
        await this.#server.ask('DELETE', path);
        this.refused.push({ database: name, reason: `_revs_limit: ${text.trim()}` });
        return undefined;
      }
    }
    if (sample.security) await this.#server.ask('PUT', `${path}/_security`, sample.security);
    for (const { id, ...body } of sample.local ?? [])
      await this.#server.ask('PUT', documentPath(name, id), body);

    const edited = sample.documents.filter((document) => document.edits);
    const revisions = await this.#writeEdits(name, edited);
    for (const document of edited) {
      if (document.uploads && revisions.has(document.id))
        await this.#upload(name, document, revisions.get(document.id));
    }
    const grafted = sample.documents.filter((document) => document.leaves);
    const lost = await this.#writeLeaves(name, grafted);

    const written = sample.documents.filter(({ id, edits }) =>
      edits ? revisions.has(id) : !lost.has(id),
    );
    return { name, ...count(written) };
  }

  async #create(name) {
    const before = await this.#server.ask('GET', '/_all_dbs');
    if (before.includes(name))
      throw new Error(`database ${name} is there already; --remove takes it away`);
    const { status, text } = await this.#server.request('PUT', `/${encodeURIComponent(name)}`);
    const after = await this.#server.ask('GET', '/_all_dbs');
    if (status < 300 && after.includes(name)) return true;
    // PouchDB Server drops the characters it does not like, and makes a database of another name.
    // On a shared server a new name may be somebody else's.
    const isPouchDBServer = (await this.#server.ask('GET', '/')).has('express-pouchdb');
    for (const other of isPouchDBServer ? after.filter((made) => !before.includes(made)) : []) {
      await this.#server.ask('DELETE', `/${encodeURIComponent(other)}`);
    }
    this.refused.push({
      database: name,
      reason: status < 300 ? 'made under another name' : text.trim(),
    });
    return false;
  }

  /**
   * First edits of all documents, then second edits…; returns the last revision of each document
   * that took all.
   */
  async #writeEdits(name, documents) {
    const revisions = new Map();
    let current = documents;
    for (let round = 0; current.length; round++) {
      const bodies = [];
      for (const { id, edits } of current) {
        const body = inline(edits[round]);
        if (edits[round].keep)
          body._attachments = { ...(await this.#stubs(name, id)), ...body._attachments };
        // CouchDB refuses the revision of a tombstone here, but goes on from it when none is told.
        const _rev = edits[round - 1]?._deleted ? undefined : revisions.get(id);
        bodies.push({ _id: id, _rev, ...body });
      }
      for (const { id, rev, error } of await this.#bulk(name, bodies, true)) {
        if (rev) revisions.set(id, rev);
        else this.#refuse(name, id, error, revisions);
      }
      current = current.filter(({ id, edits }) => revisions.has(id) && edits.length > round + 1);
    }
    return revisions;
  }

  async #writeLeaves(name, documents) {
    const bodies = documents.flatMap(({ id, leaves }) =>
      leaves.map(({ start, ids, body }) => {
        return { _id: id, _rev: `${start}-${ids[0]}`, _revisions: { start, ids }, ...inline(body) };
      }),
    );
    const lost = new Map();
    for (const { id, error } of await this.#bulk(name, bodies, false)) {
      if (error) {
        this.#refuse(name, id, error, new Map());
        lost.set(id, error);
      }
    }
    return lost;
  }

  #refuse(database, id, reason, revisions) {
    revisions.delete(id);
    this.refused.push({ database, document: short(id), reason });
  }

  async #stubs(name, id) {
    const stubs = (await this.#server.ask('GET', documentPath(name, id))).get('_attachments');
    return Object.fromEntries(stubs ?? []);
  }

  async #upload(name, { id, uploads }, rev) {
    for (const [attachment, { type, bytes }] of Object.entries(uploads)) {
      const path = `${documentPath(name, id)}/${encodeURIComponent(attachment)}?rev=${rev}`;
      const { status, text } = await this.#server.request('PUT', path, bytes, {
        'Content-Type': type,
      });
      if (status >= 300) throw new Error(`PUT ${path}: ${status} ${text.trim()}`);
      rev = JSON.parse(text).rev;
    }
  }

  /**
   * {id, rev} or {id, error}: of each body with new edits, else of the refused ones; in any order,
   * as PouchDB Server.
   */
  async #bulk(name, bodies, newEdits) {
    const results = [];
    for (const batch of batches(bodies)) {
      const path = `/${encodeURIComponent(name)}/_bulk_docs`;
      const { status, text } = await this.#server.request('POST', path, {
        docs: batch,
        new_edits: newEdits,
      });
      if (status >= 300) {
        // One document too many for the server's taste refuses the whole request: find it by
        // halves.
        if (batch.length > 1) {
          const half = Math.ceil(batch.length / 2);
          results.push(...(await this.#bulk(name, batch.slice(0, half), newEdits)));
          results.push(...(await this.#bulk(name, batch.slice(half), newEdits)));
        } else {
          results.push({ id: batch[0]._id, error: `${status} ${text.trim().slice(0, 200)}` });
        }
        continue;
      }
      for (const { id, rev, error, reason } of JSON.parse(text)) {
        results.push({ id, rev, error: error && `${error}: ${reason}` });
      }
    }
    return results;
  }
}

function* batches(bodies) {
  let batch = [];
  let size = 0;
  for (const body of bodies) {
    const bytes = stringify(body).length;
    if (batch.length && size + bytes > BATCH_BYTES) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push(body);
    size += bytes;
  }
  if (batch.length) yield batch;
}

/** The counts as a backup's manifest means them. */
function count(documents) {
  const counts = { documents: 0, deleted: 0, leaves: 0, conflicted: 0, attachments: 0 };
  for (const { edits, leaves, uploads } of documents) {
    const bodies = leaves ? leaves.map((leaf) => leaf.body) : [edits.at(-1)];
    const live = bodies.filter((body) => !body._deleted).length;
    counts[live ? 'documents' : 'deleted'] += 1;
    counts.leaves += bodies.length;
    counts.conflicted += live > 1 ? 1 : 0;
    counts.attachments += Object.keys(uploads ?? {}).length;
    for (const body of bodies) {
      const kept = body.keep ? edits.flatMap((edit) => Object.keys(edit.attachments ?? {})) : [];
      counts.attachments += new Set([...kept, ...Object.keys(body.attachments ?? {})]).size;
    }
  }
  return counts;
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rich: { type: 'boolean', default: false },
      remove: { type: 'boolean', default: false },
      large: { type: 'string' },
      prefix: { type: 'string', default: '' },
    },
  });
  if (positionals.length !== 1)
    throw new Error('usage: fill.js URL [--rich] [--large MIB] [--prefix P] [--remove]');

  const samples = [...everywhere, ...(values.rich ? onlyCouchDB : [])];
  if (values.large) samples.push(withLargeAttachment(Number(values.large)));
  const server = new Server(positionals[0]);
  if (values.remove) {
    const there = await server.databases();
    const ours = samples
      .map(({ name }) => values.prefix + name)
      .filter((name) => there.includes(name));
    for (const name of ours) await server.ask('DELETE', `/${encodeURIComponent(name)}`);
    process.stdout.write(JSON.stringify({ removed: ours }) + '\n');
  } else {
    const filler = new Filler(server);
    const databases = [];
    for (const sample of samples)
      databases.push(await filler.fill(sample, values.prefix + sample.name));
    const made = { databases: databases.filter(Boolean), refused: filler.refused };
    process.stdout.write(JSON.stringify(made, null, 1) + '\n');
  }
  server.close();
}

main().catch((error) => {
  process.stderr.write(`fill.js: ${error.message}\n`);
  process.exitCode = 1;
});
