'use strict';
// The databases that only a real CouchDB takes, or takes in good time.

const {
  binary,
  branched,
  each,
  edited,
  leaf,
  nested,
  second,
  text,
  times,
  uploaded,
} = require('./document-builders');

const MIB = 1024 * 1024;

const ids = {
  name: 'rich-ids',
  documents: [
    edited('.', { name: 'one dot' }),
    edited('..', { name: 'two dots' }, { name: 'two dots', edited: true }),
    edited('nul-\u0000-inside', { nul: true }),
    edited('\u0000', { nul: 'alone' }),
    edited('long-' + 'ï'.repeat(10_000), { bytes: 20_005 }),
    edited('\uffff', { last: true }),
  ],
};

const bodies = {
  name: 'rich-bodies',
  documents: [
    edited('one-mib', { text: 'abcdefghijklmno\n'.repeat(MIB / 16) }),
    edited('nested-1500', { value: nested(1500, 'inside') }),
    edited('many-keys', {
      values: new Map(times(20_000, (n) => [`key ${(n * 7919) % 20_000}`, n])),
    }),
  ],
};

const conflicts = {
  name: 'rich-conflicts',
  documents: [
    branched(
      '300-leaves',
      ...times(300, (n) => {
        return leaf(`branch-${n}`, 4, n % 10 ? { n } : { _deleted: true, n }, { shared: 2 });
      }),
    ),
  ],
};

const hundredNames = times(100, (n) => `file ${n}`);

const attachments = {
  name: 'rich-attachments',
  documents: [
    edited('a-hundred', { attachments: each(hundredNames, (name, n) => binary(name, 10 * n)) }),
    uploaded('nine-mib', {
      'nine.bin': binary('nine', 9 * MIB),
      'nine.txt': text('nine byte'.repeat(MIB)),
    }),
    branched(
      'tombstone-with-attachment',
      second('d', { _deleted: true, attachments: { 'left.txt': text('still here') } }),
    ),
  ],
};

// PouchDB reads this document from a directory, but cannot replicate a database that has it.
const deep = {
  name: 'rich-deep',
  documents: [edited('nested-50000', { value: nested(50_000, 'inside') })],
};

// PouchDB asks for /database/document/.. and stores what the server says of the database.
const dotAttachments = {
  name: 'rich-dot-attachments',
  documents: [edited('dots', { attachments: { '.': text('one dot'), '..': text('two dots') } })],
};

const history = {
  name: 'rich-history',
  documents: [
    branched('1005-revisions', leaf('line', 1005, { n: 1005 })),
    branched(
      '1005-and-branch',
      leaf('line', 1005, { n: 1005 }),
      leaf('branch', 700, { n: 700 }, { shared: 600, trunk: 'line' }),
    ),
  ],
};

const stemmed = {
  name: 'rich-stemmed',
  revsLimit: 5,
  documents: [
    edited('line', ...times(12, (n) => ({ n }))),
    branched(
      'branches',
      leaf('left', 9, { side: 'left' }, { shared: 3 }),
      leaf('right', 8, { side: 'right' }, { shared: 3 }),
    ),
  ],
};

const onlyCouchDB = [ids, bodies, deep, conflicts, attachments, dotAttachments, history, stemmed];

/** A database with one attachment of that many MiB. */
function withLargeAttachment(mib) {
  const uploads = { 'large.bin': binary('large attachment', mib * MIB) };
  return { name: 'large-attachment', documents: [uploaded('large', uploads)] };
}

module.exports = { onlyCouchDB, withLargeAttachment };
