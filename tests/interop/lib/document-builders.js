'use strict';
// How the sample databases describe their documents; fill.js writes what they say.
//
// A body is an object; its members may be numbers with a text of their own (`number`), `_deleted`,
// and `attachments`, {name: {type, bytes}}. `keep` keeps the attachments of the edit before.

const { createCipheriv, createHash } = require('node:crypto');
const { NumberText } = require('./json');

/** A document whose bodies are written in turn, so that the server makes the revisions. */
const edited = (id, ...edits) => ({ id, edits });

/** A document with attachments that are sent one by one, by PUT. */
const uploaded = (id, uploads) => ({ id, edits: [{}], uploads });

/** A document whose leaves are written with their histories (new_edits=false). */
const branched = (id, ...leaves) => ({ id, leaves });

/** A leaf: {start, ids: [newest…oldest], body}. */
const revision = (start, ids, body) => ({ start, ids, body });

/** A leaf of generation 2, named by its hash's digit, after a first revision common to all. */
const second = (digit, body) => revision(2, [digit.repeat(32), 'a'.repeat(32)], body);

/**
 * A leaf at the end of a line of `length` revisions called after `branch`; up to generation
 * `shared` they are those of `trunk`.
 */
function leaf(branch, start, body, { length = start, shared = 0, trunk = 'trunk' } = {}) {
  const generations = times(length, (index) => start - index);
  const name = (generation) => `${generation <= shared ? trunk : branch}-${generation}`;
  return revision(
    start,
    generations.map((generation) => hash(name(generation))),
    body,
  );
}

const hash = (text) => createHash('md5').update(text).digest('hex');
const number = (text) => new NumberText(text);
const times = (count, make) => Array.from({ length: count }, (_, index) => make(index));

/** An object with a member for each name. */
const each = (names, make) =>
  Object.fromEntries(names.map((name, index) => [name, make(name, index)]));

function nested(depth, innermost) {
  let value = innermost;
  for (let level = 0; level < depth; level++) value = level % 2 ? { in: value } : [value];
  return value;
}

/** Bytes without a pattern, the same in every run. */
function noise(name, length) {
  const key = Buffer.from(hash(name), 'hex');
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

const file = (type, content) => ({ type, bytes: Buffer.from(content) });
const text = (content) => file('text/plain', content);
const binary = (name, length) => file('application/octet-stream', noise(name, length));

module.exports = {
  binary,
  branched,
  each,
  edited,
  file,
  leaf,
  nested,
  number,
  revision,
  second,
  text,
  times,
  uploaded,
};
