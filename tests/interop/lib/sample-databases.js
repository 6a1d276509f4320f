'use strict';
// The databases that every CouchDB-like server should take.

const {
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
} = require('./document-builders');

const company = {
  name: 'org_acme',
  security: {
    admins: { names: [], roles: ['_admin'] },
    members: { names: ['jan'], roles: ['staff'] },
  },
  local: [{ id: '_local/settings', theme: 'dark' }],
  documents: [
    edited(
      'customer-1',
      { name: 'Ada', city: 'London' },
      { name: 'Ada', city: 'Paris' },
      { name: 'Ada', city: 'Turin' },
    ),
    edited('customer-2', {
      name: 'Žofie',
      note: 'текст ☃ 😀 \u0000\u001f \u007f \u2028 "quoted" \\',
    }),
    edited(
      'customer-3',
      { name: 'Grace' },
      { name: 'Grace', tags: [] },
      { name: 'Grace', tags: ['navy', ''], extra: {} },
    ),
    edited('nothing', {}),
    edited('falsy', { null: null, false: false, zero: 0, text: '', list: [], object: {}, '': '' }),
    edited('_design/reports', {
      views: { by_city: { map: 'function (doc) { emit(doc.city); }' } },
    }),
  ],
};

const conflicts = {
  name: 'conflicts',
  documents: [
    branched(
      'invoice-42',
      second('b', { total: 100, paid: false, by: 'office' }),
      second('c', { total: 100, paid: true, by: 'van' }),
    ),
    branched('three-ways', ...['1', '2', '3'].map((digit) => second(digit, { branch: digit }))),
    branched(
      'longer-wins',
      leaf('short', 2, { branch: 'short' }, { shared: 1 }),
      leaf('long', 5, { branch: 'long' }, { shared: 1 }),
    ),
    branched(
      'deleted-branch-is-deeper',
      leaf('live', 2, { branch: 'live, wins' }, { shared: 1 }),
      leaf('gone', 6, { _deleted: true, branch: 'gone' }, { shared: 1 }),
    ),
    branched(
      'one-branch-deleted',
      second('d', { branch: 'live' }),
      second('e', { _deleted: true }),
      second('f', { branch: 'live too' }),
    ),
    branched(
      'two-roots',
      leaf('left', 2, { branch: 'left' }),
      leaf('right', 5, { branch: 'right, its history was cut' }, { length: 2 }),
    ),
    branched(
      'all-deleted',
      second('4', { _deleted: true, why: 'left' }),
      second('5', { _deleted: true, why: 'right' }),
    ),
    branched(
      'odd-hashes',
      revision(1, ['abc'], { branch: 'lower' }),
      revision(1, ['ABCDEF'], { branch: 'upper' }),
      revision(1, ['abcdef'], { branch: 'longer' }),
    ),
    branched(
      '_design/conflicting',
      second('6', { language: 'javascript' }),
      second('7', { language: 'query' }),
    ),
  ],
};

const deleted = {
  name: 'deleted',
  documents: [
    edited('alive', { a: 1 }),
    edited('gone', { a: 1 }, { _deleted: true }),
    edited('gone-with-body', { a: 1 }, { a: 2 }, { _deleted: true, reason: 'moved', count: 7 }),
    edited(
      'gone-with-attachment',
      { attachments: { 'note.txt': text('bye') } },
      { _deleted: true },
    ),
    edited('back-again', { a: 1 }, { _deleted: true }, { a: 2 }),
    branched('never-lived', leaf('tombstone', 1, { _deleted: true, from: 'elsewhere' })),
    edited('_design/gone', { views: {} }, { _deleted: true }),
  ],
};

const tombstones = {
  name: 'tombstones',
  documents: times(12, (n) => edited(`gone-${n}`, { n }, { _deleted: true, n })),
};

const logo = binary('logo', 256);
const oddNames = [
  ...['dir/file name.txt', '100%.dat', '+plus?query#hash', '日本.png', '😀', 'a&b=c;d', "it's"],
  ...['%2F', 'ÿ'],
];

const attachments = {
  name: 'attachments',
  documents: [
    edited('binary', {
      attachments: { 'small.bin': binary('small', 64), 'large.bin': binary('large', 300_000) },
    }),
    edited('compressible', {
      attachments: {
        'long.txt': text('the same line again and again\n'.repeat(4000)),
        'short.txt': text('x'),
        'data.json': file('application/json', '{"a":1}'),
        'page.html': file('text/html; charset=utf-8', '<p>ü</p>'),
      },
    }),
    edited('empty', { attachments: { nothing: file('application/octet-stream', '') } }),
    edited('same-bytes-1', { attachments: { logo } }),
    edited('same-bytes-2', { attachments: { logo, again: { ...logo, type: 'image/x-logo' } } }),
    edited('odd-names', { attachments: each(oddNames, (_, n) => text(`bytes ${n}`)) }),
    uploaded(
      'odd-names-by-put',
      each(oddNames, (name, n) => binary(name, 10 + n)),
    ),
    edited(
      'kept-since-1',
      { n: 1, attachments: { 'first.bin': binary('first', 33) } },
      { n: 2, keep: true },
      { n: 3, keep: true, attachments: { 'third.bin': binary('third', 34) } },
    ),
    branched(
      'conflicting',
      second('b', { attachments: { same: binary('b', 1000), 'only-b': text('b') } }),
      second('c', { attachments: { same: binary('c', 1000) } }),
    ),
    edited('_design/ui', { attachments: { 'index.html': file('text/html', '<html>') } }),
    edited('without', { text: 'no attachment' }),
  ],
};

const oddIds = [
  ...['ÿ', 'ÿafter', 'mid-ÿ-dle', 'ā', 'Привет', '日本語', '😀', '\uffee', 'e\u0301', 'é'],
  ...['with space', ' leading', 'trailing ', 'tab\there', 'line\nbreak', '\u007f', 'x'.repeat(600)],
  ...['50%', '%41', '%2F', 'a+b', 'a/b', 'a/b/c', '/leading', 'trailing/', 'a//b', 'q?x=1'],
  ...['hash#tag', 'a&b', 'a:b@c', '"quoted"', "it's", 'back\\slash', '..a', 'a..', '-', '~'],
  ...['constructor', 'toString', '0', '00', '10', '9', 'A', 'a'],
];

const ids = {
  name: 'ids',
  documents: [
    ...oddIds.map((id, n) => edited(id, { n }, { n, edited: true })),
    branched('nested/id with ÿ', second('1', { side: 1 }), second('2', { side: 2 })),
  ],
};

const designs = {
  name: 'designs',
  documents: [
    edited('_design/views', {
      language: 'javascript',
      views: {
        all: { map: 'function (doc) { emit(doc._id); }', reduce: '_count' },
        lib: { shared: 'exports.one = 1;' },
      },
      options: { local_seq: true },
    }),
    edited(
      '_design/filters',
      { filters: { mine: 'function (doc) { return doc.mine; }' } },
      { filters: {} },
    ),
    edited('_design/with/slash', { views: {} }),
    edited('_design/名前', { views: {} }),
    edited('data', { mine: true }),
  ],
};

// Maps, because objects put numeric keys first by themselves.
const innerKeys = new Map([
  ['9', 1],
  ['x', 2],
  ['1', 3],
]);
const unorderedKeys = new Map([
  ['z', 1],
  ['10', 2],
  ['a', 3],
  ['2', 4],
  ['b', innerKeys],
]);
const prototypeKeys = new Map([
  ['__proto__', { lost: true }],
  ['constructor', 1],
  ['kept', 2],
]);

const numbers = {
  name: 'numbers',
  documents: [
    edited('beyond-2-53', {
      one: number('9007199254740993'),
      negative: number('-9007199254740993'),
      unsigned: number('18446744073709551615'),
      long: number('123456789012345678901234567890'),
    }),
    edited('fractions', {
      one: number('1.0'),
      hundred: number('100.0'),
      zero: number('0.0'),
      tenth: number('0.1'),
      tiny: number('1.0e-10'),
      exponent: number('1e2'),
      large: number('1.7976931348623157e308'),
      pi: number('3.14159265358979323846'),
    }),
    edited('in-lists', {
      list: [1, number('1.0'), [number('9007199254740993')], { deep: number('2.50') }],
    }),
    edited('key-order', { values: unorderedKeys }),
    edited('prototype', { values: prototypeKeys }),
  ],
};

const history = {
  name: 'history',
  documents: [
    edited('edited-40-times', ...times(40, (n) => ({ n }))),
    branched('long-line', leaf('line', 60, { n: 60 })),
    branched(
      'late-branches',
      leaf('left', 55, { side: 'left' }, { shared: 50 }),
      leaf('right', 53, { side: 'right' }, { shared: 50 }),
      leaf('old', 12, { side: 'old' }, { shared: 10 }),
    ),
  ],
};

const batch = {
  name: 'batch',
  documents: times(250, (n) => {
    const id = `doc-${String(n).padStart(4, '0')}`;
    return n % 3 ? edited(id, { n }) : edited(id, { n }, { n, again: true });
  }),
};

// Names that need care as the name of a directory.
const oddDatabases = ['a/b', 'a$()+-_/', 'a$()+-_', 'con', 'long_' + 'x'.repeat(200)];

const everywhere = [
  company,
  conflicts,
  deleted,
  tombstones,
  attachments,
  ids,
  designs,
  numbers,
  history,
  batch,
  { name: 'empty', documents: [] },
  { name: 'deep', documents: [edited('nested-200', { value: nested(200, 'inside') })] },
  ...oddDatabases.map((name) => ({ name, documents: [edited('in', { name })] })),
];

module.exports = { everywhere };
