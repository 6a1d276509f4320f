#!/usr/bin/env node
'use strict';
// compare.js A B [--pouch] [--longer-history] [--no-deleted-attachments]
//
// A and B are files ("-" is stdin) of lines as dump.js and leaves.js print them. Says every
// difference in a line of its own (of two bodies the first) and exits 1 if there is any, 2 if it
// could not compare. Databases are matched by name; one on each side is compared whatever their
// names. Without options nothing is forgiven but update_seq, which differs from server to server.
//   --pouch                   a side was read through PouchDB: it parses numbers as doubles, moves
//                             numeric keys, loses "__proto__", sets revpos, and has digests of the
//                             decoded bytes
//   --longer-history          B may know more of a leaf's history than A: PouchDB joins paths that
//                             A had stemmed
//   --no-deleted-attachments  B may lack the attachments of deleted leaves: PouchDB's replication
//                             drops them

const fs = require('node:fs');
const { isDeepStrictEqual, parseArgs } = require('node:util');
const { NumberText, parse, stringify } = require('./lib/json');
const { byBytes, byRevision, md5 } = require('./lib/canonical');

const META = new Set(['_id', '_rev', '_deleted', '_revisions', '_attachments']);

const plain = (value) => (value === undefined ? undefined : JSON.parse(stringify(value)));

function show(value) {
  if (value === undefined) return 'nothing';
  const text = stringify(value);
  return text.length > 120 ? `${text.slice(0, 120)}… (${text.length} characters)` : text;
}

/**
 * The first difference between two parsed JSON values as {path, a, b}, or undefined. Not recursive:
 * bodies can be deep.
 */
function firstDifference(a, b, { pouch }) {
  const todo = [{ a, b, key: undefined, parent: undefined }];
  const children = (x, y, parent, keys) => {
    for (const key of keys.reverse()) {
      const [left, right] = Array.isArray(x) ? [x[key], y[key]] : [x.get(key), y.get(key)];
      todo.push({ a: left, b: right, key, parent });
    }
  };
  while (todo.length) {
    const pair = todo.pop();
    const [x, y] = [pair.a, pair.b];
    const different = (what) => ({
      path: pathOf(pair),
      a: what ?? show(x),
      b: what ? undefined : show(y),
    });
    if (x instanceof NumberText && y instanceof NumberText) {
      if (pouch ? Number(x.text) !== Number(y.text) : x.text !== y.text) return different();
    } else if (Array.isArray(x) && Array.isArray(y)) {
      if (x.length !== y.length) return different(`${x.length} ≠ ${y.length} elements`);
      children(x, y, pair, [...x.keys()]);
    } else if (x instanceof Map && y instanceof Map) {
      const [keysX, keysY] = [[...x.keys()], [...y.keys()]];
      const all = [...new Set([...keysX, ...keysY])];
      if (
        !pouch &&
        all.length === x.size &&
        all.length === y.size &&
        keysX.some((key, index) => keysY[index] !== key)
      ) {
        return different(`keys in another order: ${show(keysX)} ≠ ${show(keysY)}`);
      }
      children(x, y, pair, pouch ? all.filter((key) => key !== '__proto__') : all);
    } else if (x !== y) {
      return different();
    }
  }
  return undefined;
}

function pathOf(pair) {
  const keys = [];
  for (let at = pair; at?.parent; at = at.parent)
    keys.push(typeof at.key === 'number' ? `[${at.key}]` : `.${at.key}`);
  const path = keys.reverse().join('');
  return path.length > 200 ? `…${path.slice(-200)}` : path;
}

/** One database of a file, as Maps by id, revision and name. */
class Database {
  constructor(line, file) {
    this.error = line.get('error');
    const info = line.get('info') ?? new Map();
    this.name = line.get('database') ?? info.get('db_name') ?? file;
    this.documentCount = info.get('doc_count')?.text;
    this.updateSequence = line.has('pouchdb') ? info.get('update_seq')?.text : undefined;
    this.isPouch = line.has('pouchdb');
    this.ids = line.get('ids') ?? [];
    this.documents = line.get('docs') ?? new Map();
    this.bytes = line.get('attachments') ?? new Map(); // base64 by digest
  }

  leaves(id) {
    const opened = this.documents.get(id).get('open_revs') ?? [];
    return new Map(
      opened.map((entry) => [
        entry.get('ok')?.get('_rev') ?? `missing ${show(entry.get('missing'))}`,
        entry.get('ok'),
      ]),
    );
  }

  /** "winner" and "deleted"; dumps without them tell the winner of live documents only. */
  verdict(id) {
    const document = this.documents.get(id);
    const winner = document.get('winner')?.get('_rev');
    return {
      rev: document.get('rev') ?? winner,
      deleted: document.get('deleted') ?? winner === undefined,
    };
  }

  /** Attachments of the revision by name. */
  attachments(id, rev) {
    const entries = (document) =>
      (document.get('attachments') ?? []).filter((entry) => entry.get('rev') === rev);
    return new Map(
      entries(this.documents.get(id)).map((entry) => {
        const { error, digest, length, got_length, content_type, revpos, md5: told } = plain(entry);
        const whole = this.bytes.get(digest);
        const sum = told ?? (whole === undefined ? undefined : md5(Buffer.from(whole, 'base64')));
        return [
          entry.get('name'),
          { error, digest, length, got_length, content_type, revpos, md5: sum },
        ];
      }),
    );
  }
}

class Comparison {
  differences = 0;
  #options;

  constructor(options) {
    this.#options = options;
  }

  say(...words) {
    this.differences += 1;
    process.stdout.write(words.join(' ') + '\n');
  }

  #same(what, a, b, where) {
    if (!isDeepStrictEqual(a, b)) this.say(...where, `${what}:`, show(a), '≠', show(b));
  }

  databases(a, b) {
    for (const side of [a, b]) {
      if (side.error) return this.say(side.name, 'could not be read:', show(side.error));
    }
    this.#same('doc_count', a.documentCount, b.documentCount, [a.name]);
    if (a.isPouch && b.isPouch)
      this.#same('update_seq', a.updateSequence, b.updateSequence, [a.name]);
    const ids = [...new Set([...a.documents.keys(), ...b.documents.keys()])].sort(byBytes);
    for (const id of ids) {
      const where = [a.name, JSON.stringify(id.length > 100 ? `${id.slice(0, 100)}…` : id)];
      if (!a.documents.has(id) || !b.documents.has(id))
        this.say(...where, 'only in', a.documents.has(id) ? 'A' : 'B');
      else this.#document(a, b, id, where);
    }
    return undefined;
  }

  #document(a, b, id, where) {
    const [inA, inB] = [a.verdict(id), b.verdict(id)];
    if (inA.rev !== undefined && inB.rev !== undefined)
      this.#same('winner', inA.rev, inB.rev, where);
    this.#same('deleted', inA.deleted, inB.deleted, where);
    const [leavesA, leavesB] = [a.leaves(id), b.leaves(id)];
    for (const side of [a, b]) {
      const failure = side.documents.get(id).get('open_revs_error');
      if (failure) this.say(...where, 'could not be opened:', show(failure));
    }
    for (const rev of [...new Set([...leavesA.keys(), ...leavesB.keys()])].sort(byRevision)) {
      if (leavesA.has(rev) && leavesB.has(rev))
        this.#leaf(a, b, id, rev, [leavesA.get(rev), leavesB.get(rev)], [...where, rev]);
      else this.say(...where, 'leaf', rev, 'only in', leavesA.has(rev) ? 'A' : 'B');
    }
  }

  #leaf(a, b, id, rev, [leafA, leafB], where) {
    if (!leafA || !leafB) return this.#same('leaf is missing', !leafA, !leafB, where);
    this.#same('_id', leafA.get('_id'), leafB.get('_id'), where);
    const deleted = leafA.get('_deleted') === true;
    this.#same('_deleted', deleted, leafB.get('_deleted') === true, where);
    this.#history(plain(leafA.get('_revisions')), plain(leafB.get('_revisions')), where);

    const body = (leaf) => new Map([...leaf].filter(([key]) => !META.has(key)));
    const difference = firstDifference(body(leafA), body(leafB), this.#options);
    if (difference) {
      const { path, a: left, b: right } = difference;
      this.say(...where, `body${path}:`, right === undefined ? left : `${left} ≠ ${right}`);
    }

    const [filesA, filesB] = [a.attachments(id, rev), b.attachments(id, rev)];
    for (const name of [...new Set([...filesA.keys(), ...filesB.keys()])].sort(byBytes)) {
      const file = [...where, `attachment ${JSON.stringify(name)}`];
      if (filesA.has(name) && filesB.has(name)) {
        this.#attachment(filesA.get(name), filesB.get(name), file);
      } else if (filesB.has(name) || !(deleted && this.#options.noDeletedAttachments)) {
        this.say(...file, 'only in', filesA.has(name) ? 'A' : 'B');
      }
      if (a.isPouch) this.#trueToItself(filesA.get(name), 'A', file);
      if (b.isPouch) this.#trueToItself(filesB.get(name), 'B', file);
    }
    return undefined;
  }

  #history(a, b, where) {
    if (
      this.#options.longerHistory &&
      a &&
      b &&
      b.start === a.start &&
      b.ids.length > a.ids.length
    ) {
      b = { start: b.start, ids: b.ids.slice(0, a.ids.length) };
    }
    this.#same('_revisions', a, b, where);
  }

  #attachment(a, b, where) {
    const always = ['error', 'content_type', 'length', 'got_length', 'md5'];
    for (const key of this.#options.pouch ? always : [...always, 'digest', 'revpos'])
      this.#same(key, a[key], b[key], where);
  }

  /**
   * PouchDB finds bytes by their digest but never checks it, and reads what is missing as empty.
   */
  #trueToItself(file, side, where) {
    if (!file || file.error) return;
    if (file.length !== file.got_length)
      this.say(...where, `in ${side}: length ${file.length}, but ${file.got_length} bytes`);
    if (file.digest !== `md5-${file.md5}`)
      this.say(...where, `in ${side}: digest ${file.digest} of bytes with MD5 ${file.md5}`);
  }
}

function read(file) {
  const lines = fs
    .readFileSync(file === '-' ? 0 : file, 'utf8')
    .split('\n')
    .filter((line) => line.trim());
  return new Map(
    lines
      .map((line) => new Database(parse(line), file))
      .map((database) => [database.name, database]),
  );
}

function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      pouch: { type: 'boolean', default: false },
      'longer-history': { type: 'boolean', default: false },
      'no-deleted-attachments': { type: 'boolean', default: false },
    },
  });
  if (positionals.length !== 2) {
    throw new Error(
      'usage: compare.js A B [--pouch] [--longer-history] [--no-deleted-attachments]',
    );
  }
  const [a, b] = positionals.map(read);
  const comparison = new Comparison({
    pouch: values.pouch,
    longerHistory: values['longer-history'],
    noDeletedAttachments: values['no-deleted-attachments'],
  });
  if (a.size === 1 && b.size === 1) {
    comparison.databases(a.values().next().value, b.values().next().value);
  } else {
    for (const name of [...new Set([...a.keys(), ...b.keys()])].sort(byBytes)) {
      if (a.has(name) && b.has(name)) comparison.databases(a.get(name), b.get(name));
      else comparison.say(`database ${name} only in`, a.has(name) ? 'A' : 'B');
    }
  }
  process.exitCode = comparison.differences ? 1 : 0;
}

process.stdout.on('error', () => process.exit()); // the reader has seen enough

try {
  main();
} catch (error) {
  process.stderr.write(`compare.js: ${error.message}\n`);
  process.exitCode = 2;
}
