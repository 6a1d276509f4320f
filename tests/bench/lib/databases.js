'use strict';
// What the cases back up. A database that is there with the right number of documents is kept.

const { Server } = require('../../interop/lib/http');

/** A generator of the same numbers every time. */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const WORDS =
  'visit assessment client review signed pending draft worker region note outcome plan'.split(' ');

function words(random, bytes) {
  let text = '';
  while (text.length < bytes) text += WORDS[Math.floor(random() * WORDS.length)] + ' ';
  return text.slice(0, bytes);
}

function randomBytes(random, length) {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i + 4 <= length; i += 4) bytes.writeUInt32LE(Math.floor(random() * 2 ** 32), i);
  return bytes;
}

class Filler {
  constructor(url, credentials) {
    this.server = new Server(url, credentials);
  }

  /** The parsed answer; 404 and 412 are answers too. A body is JSON text or a Buffer. */
  async ask(method, path, body, type = 'application/json') {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const { status, text } = await this.server.request(method, path, bytes, {
      'Content-Type': type,
    });
    if (status >= 300 && status !== 404 && status !== 412)
      throw new Error(`${method} ${path}: ${status} ${text.slice(0, 200)}`);
    return { status, body: JSON.parse(text) };
  }

  async isThere(name, documents) {
    const { status, body } = await this.ask('GET', `/${name}`);
    return status === 200 && body.doc_count === documents;
  }

  close() {
    this.server.close();
  }

  async remake(name) {
    await this.ask('DELETE', `/${name}`);
    await this.ask('PUT', `/${name}`);
  }

  async writeAll(name, documents) {
    const body = JSON.stringify({ docs: documents });
    const { body: rows } = await this.ask('POST', `/${name}/_bulk_docs`, body);
    return rows.map((row) => row.rev);
  }

  /** `revisions` edits of each of `count` documents of about `bytes`. */
  async documents(name, count, bytes, revisions, seed = 1) {
    if (await this.isThere(name, count)) return;
    await this.remake(name);
    const random = randomFrom(seed);
    const BATCH = 2000;
    for (let first = 0; first < count; first += BATCH) {
      const size = Math.min(BATCH, count - first);
      let revs = [];
      for (let edit = 0; edit < revisions; ++edit) {
        const batch = Array.from({ length: size }, (_, i) => ({
          _id: `doc_${String(first + i).padStart(8, '0')}`,
          ...(edit > 0 ? { _rev: revs[i] } : {}),
          edit,
          text: words(random, Math.max(1, bytes - 60)),
        }));
        revs = await this.writeAll(name, batch);
      }
    }
  }

  /** `count` documents with an attachment that does not compress. */
  async attachments(name, count, bytes) {
    if (await this.isThere(name, count)) return;
    await this.remake(name);
    const random = randomFrom(7);
    for (let i = 0; i < count; ++i) {
      const path = `/${name}/file_${String(i).padStart(6, '0')}/scan.bin`;
      await this.ask('PUT', path, randomBytes(random, bytes), 'application/octet-stream');
    }
  }

  /** One more document in a database. */
  async touch(name, id) {
    await this.ask('PUT', `/${name}/${id}`, JSON.stringify({ touched: true }));
  }
}

module.exports = { Filler };
