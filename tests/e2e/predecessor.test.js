'use strict';
// The archives that PouchDB 7.3.0 and 9.0.0 made (tests/data/pouchdb), read by the program: list
// and show must say what PouchDB's own API said about them (expected/*.json).

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { byRevision, inParallel } = require('../interop/lib/canonical');
const { parse, stringify } = require('../interop/lib/json');
const { Program, assertRefused } = require('./lib/program');
const { cleanupAfter, scratchFolder } = require('./lib/scratch');
const { show, treeNodes } = require('./lib/views');

const data = path.join(__dirname, '..', 'data', 'pouchdb');
const VERSIONS = ['7.3.0', '9.0.0'];
const PARALLEL = 4;

/** The two archives of a version, each with the expectations about its databases by name. */
function archivesOf(version) {
  const folder = path.join(data, `made-by-pouchdb-${version}`);
  const expected = new Map(
    fs.readdirSync(path.join(folder, 'expected')).map((file) => {
      const dump = parse(fs.readFileSync(path.join(folder, 'expected', file), 'utf8'));
      return [path.basename(file, '.json'), dump];
    }),
  );
  const archives = fs.readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  return archives.map((name) => {
    const isNative = name === 'native.tgz';
    const mine = [...expected].filter(([database]) => database.startsWith('native-') === isNative);
    return {
      archive: path.join(folder, name),
      expected: new Map(mine.sort(([a], [b]) => (a < b ? -1 : 1))),
    };
  });
}

const plain = (value) => JSON.parse(stringify(value));
const leavesOf = (document) => document.get('open_revs').map((entry) => entry.get('ok'));
const stubsOf = (body) => [...(body.get('_attachments') ?? new Map()).entries()];

/** PouchDB told the winners of live documents; of deleted ones it is the last by revision. */
function winnerOf(document) {
  const told = document.get('winner')?.get('_rev');
  const revs = leavesOf(document).map((leaf) => leaf.get('_rev'));
  return { rev: told ?? revs.sort(byRevision).at(-1), deleted: told === undefined };
}

function countsOf(name, dump) {
  const documents = [...dump.get('docs').values()];
  const count = (...match) => documents.filter(...match).length;
  const live = (document) => leavesOf(document).filter((leaf) => !leaf.get('_deleted'));
  return {
    name,
    documents: count((document) => !winnerOf(document).deleted),
    deleted: count((document) => winnerOf(document).deleted),
    leaves: documents.reduce((sum, document) => sum + leavesOf(document).length, 0),
    conflicted: count((document) => live(document).length > 1),
    attachments: documents.flatMap(leavesOf).flatMap(stubsOf).length,
    update_seq: null,
    compared: null,
    content_from: null,
    reused: false,
    omissions: [],
    whole: true,
  };
}

/** A body as text without what is compared apart, or stands elsewhere in the stored text. */
function bodyText(body) {
  const apart = ['_id', '_rev', '_revisions', '_attachments', '_deleted'];
  return stringify(new Map([...body].filter(([key]) => !apart.includes(key))));
}

/** Body and attachments of one revision as `show` has them are those that PouchDB had. */
async function compareRevision(program, archive, database, id, rev, document) {
  const where = `${database} ${JSON.stringify(id)} ${rev}`;
  const expected = document.get('available_revs').get(rev);
  const shown = await show(program, archive, database, id, ['--rev', rev]);
  assert.equal(bodyText(shown), bodyText(expected), where);
  const head = (body) => ['_id', '_rev', '_deleted'].map((key) => body.get(key));
  assert.deepEqual(head(shown), head(expected), where);

  const files = document.get('attachments').filter((entry) => entry.get('rev') === rev);
  assert.deepEqual(
    stubsOf(shown)
      .map(([name]) => name)
      .sort(),
    files.map((file) => file.get('name')).sort(),
    where,
  );
  for (const file of files) {
    const { stub: _, ...stub } = plain(shown.get('_attachments').get(file.get('name')));
    const { digest, length, content_type, revpos } = plain(file);
    assert.deepEqual(
      stub,
      { digest, length, content_type, revpos },
      `${where} ${file.get('name')}`,
    );
  }
}

async function compareDocument(program, archive, database, id, document, row) {
  const where = `${database} ${JSON.stringify(id)}`;
  const available = [...document.get('available_revs').keys()];
  const leaves = leavesOf(document);
  const { rev, deleted } = winnerOf(document);
  const winner = leaves.find((leaf) => leaf.get('_rev') === rev);
  const { size, ...told } = row;
  assert.ok(size > 0, where);
  assert.deepEqual(
    told,
    {
      id,
      rev,
      deleted,
      leaves: leaves.length,
      attachments: stubsOf(winner).length,
    },
    where,
  );

  const tree = await show(program, archive, database, id, ['--tree']);
  assert.deepEqual([tree.get('id'), tree.get('winner')], [id, row.rev], where);
  const nodes = treeNodes(tree);
  const shownAvailable = nodes.filter((node) => node.available).map((node) => node.rev);
  assert.deepEqual(shownAvailable.sort(), available.sort(), `${where}: revisions with bodies`);
  const pathOf = (leaf) => {
    const { start, ids } = plain(leaf.get('_revisions'));
    return ids.map((hash, index) => `${start - index}-${hash}`).join(' ');
  };
  const expectedPaths = leaves.map((leaf) => `${pathOf(leaf)} ${leaf.get('_deleted') === true}`);
  const paths = nodes
    .filter((node) => node.isLeaf)
    .map((node) => `${node.path.join(' ')} ${node.deleted}`);
  assert.deepEqual(
    paths.sort(),
    expectedPaths.sort(),
    `${where}: paths from the leaves to the roots`,
  );

  for (const rev of available) await compareRevision(program, archive, database, id, rev, document);
  const missing = nodes.find((node) => !node.available);
  if (missing) {
    const parameters = ['show', '--rev', missing.rev, '--', archive, database, id];
    assertRefused(await program.run(parameters), { code: 2, says: /its body was not kept/ });
  }
}

for (const version of VERSIONS) {
  test(`every document of the archives made by PouchDB ${version}`, async (t) => {
    const cleanup = cleanupAfter(t);
    const program = new Program(path.join(scratchFolder(cleanup), 'home'));
    for (const { archive, expected } of archivesOf(version)) {
      const listed = (await program.good(['list', '--json', archive])).json.databases;
      assert.deepEqual(
        listed,
        [...expected].map(([name, dump]) => countsOf(name, dump)),
      );
      for (const [database, dump] of expected) {
        const rows = (await program.good(['list', '--json', archive, database])).json.documents;
        const docs = dump.get('docs');
        assert.deepEqual(rows.map((row) => row.id).sort(), [...docs.keys()].sort(), database);
        await inParallel(PARALLEL, rows, (row) =>
          compareDocument(program, archive, database, row.id, docs.get(row.id), row),
        );
      }
    }
  });

  test(`verify: archives of PouchDB ${version} are sound, their source unknown`, async (t) => {
    const cleanup = cleanupAfter(t);
    const program = new Program(path.join(scratchFolder(cleanup), 'home'));
    const made = archivesOf(version);
    const { archives } = (
      await program.good(['verify', '--json', ...made.map(({ archive }) => archive)])
    ).json;
    for (const [index, { archive, expected }] of made.entries()) {
      const { note, documents, ...report } = archives[index];
      assert.deepEqual(report, {
        path: archive,
        ok: true,
        origin: 'predecessor',
        levels: { L1: 'passed', L2: 'passed', L3: 'unknown' },
        databases: expected.size,
        bodies_compared: 0,
        problems: [],
        remarks: [],
      });
      assert.match(note, /does not say what the source held/);
      const all = [...expected.values()].flatMap((dump) => [...dump.get('docs').values()]);
      assert.equal(documents, all.filter((document) => !winnerOf(document).deleted).length);
    }
  });

  test(`cut archives of PouchDB ${version}: the cut is named, the rest readable`, async (t) => {
    const cleanup = cleanupAfter(t);
    const folder = scratchFolder(cleanup);
    const program = new Program(path.join(folder, 'home'));
    const { archive } = archivesOf(version).find((one) => !one.archive.endsWith('native.tgz'));
    const bytes = fs.readFileSync(archive);
    const list = async (file, ...database) =>
      (await program.run(['list', '--json', file, ...database])).json;
    const whole = (await list(archive)).databases;

    const cut = path.join(folder, 'cut.tgz');
    fs.writeFileSync(cut, bytes.subarray(0, 200));
    for (const command of ['verify', 'list'])
      await program.refused([command, cut], {
        code: 2,
        says: /nothing in it is whole/,
        errorCode: 'corrupt',
      });

    const seen = new Set();
    for (const length of [0.2, 0.5, 0.8, 0.99, bytes.length - 9, bytes.length - 1]) {
      fs.writeFileSync(cut, bytes.subarray(0, length < 1 ? bytes.length * length : length));
      const verified = await program.good(['verify', '--json', cut], { code: 2 });
      const { ok, levels, problems } = verified.json.archives[0];
      assert.deepEqual([ok, levels.L1], [false, 'failed'], `cut to ${length}`);
      assert.ok(
        problems.some(({ message }) => /break|cut|end/.test(message)),
        verified.out,
      );

      const listing = await program.good(['list', '--json', cut], { code: 1 });
      const { databases } = listing.json;
      const named = problems.map(({ database, document }) => `${database} ${document}`).join('\n');
      for (const entry of databases) {
        seen.add(entry.whole);
        if (entry.whole) {
          assert.deepEqual(
            entry,
            whole.find(({ name }) => name === entry.name),
            `cut to ${length}`,
          );
          assert.deepEqual(await list(cut, entry.name), await list(archive, entry.name));
          const { id, rev } = (await list(cut, entry.name)).documents[0] ?? {};
          if (id) assert.equal((await show(program, cut, entry.name, id)).get('_rev'), rev);
        } else {
          assert.ok(
            named.includes(entry.name),
            `cut to ${length}: verify names ${entry.name}\n${named}`,
          );
          const refusal = await program.run(['list', cut, entry.name]);
          assertRefused(refusal, { code: 2, says: /cut|missing|not whole|damaged/ });
        }
      }
    }
    assert.deepEqual(seen, new Set([true, false]), 'some databases were whole, some not');
  });
}
