'use strict';
// A real archive, flipped or cut at random places: the program finds every one. FM_TEST_SEED
// repeats a run. (Every single place of a small archive is tried in process, in tests/archive.)

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { inParallel } = require('../interop/lib/canonical');
const { runInterop, startPouchDBServer, withUser } = require('./lib/peers');
const { Program } = require('./lib/program');
const { cleanupAfter, passwordFile, randomNumbers, scratchFolder } = require('./lib/scratch');

const FLIPS = 200;
const CUTS = 80;
const ADDED = [Buffer.from([0]), Buffer.from('\n'), Buffer.alloc(512), Buffer.alloc(10240)];
const PARALLEL = 2;

test('verify finds every flipped bit, every cut and every addition', async (t) => {
  const seed = Number(process.env.FM_TEST_SEED ?? Date.now() % 1_000_000);
  t.diagnostic(`FM_TEST_SEED=${seed}`);
  const cleanup = cleanupAfter(t);
  const folder = scratchFolder(cleanup);
  const program = new Program(path.join(folder, 'home'));
  const source = await startPouchDBServer(cleanup, folder);
  await runInterop('fill.js', [source.url], { source });
  const from = [
    '--from',
    withUser(source),
    '--password-file',
    passwordFile(folder, source.password),
  ];
  const { out } = await program.good(['backup', ...from, '--to', path.join(folder, 'backups')]);
  const whole = fs.readFileSync(out.trim());

  const flips = randomNumbers(seed, FLIPS, whole.length * 8).map((bit) => ({
    name: `bit ${bit % 8} of byte ${Math.floor(bit / 8)} flipped`,
    bytes: () => {
      const bytes = Buffer.from(whole);
      bytes[Math.floor(bit / 8)] ^= 1 << (bit % 8);
      return bytes;
    },
  }));
  const cuts = randomNumbers(seed + 1, CUTS, whole.length).map((length) => ({
    name: `cut to ${length} bytes`,
    bytes: () => whole.subarray(0, length),
  }));
  const additions = ADDED.map((bytes) => ({
    name: `${bytes.length} bytes ${JSON.stringify(bytes[0])} added`,
    bytes: () => Buffer.concat([whole, bytes]),
  }));
  const twice = { name: 'the archive twice', bytes: () => Buffer.concat([whole, whole]) };
  const unchanged = { name: 'unchanged', bytes: () => whole };

  const verdicts = await inParallel(
    PARALLEL,
    [unchanged, ...flips, ...cuts, ...additions, twice],
    async (damage) => {
      const file = path.join(folder, `${damage.name.replaceAll(' ', '-')}.tgz`);
      fs.writeFileSync(file, damage.bytes());
      const ended = await program.run(['verify', '--json', file]);
      fs.rmSync(file);
      const found = ended.code === 2 && ended.json.archives?.[0].ok !== true;
      const said = ended.json.error?.message ?? ended.json.archives[0].problems[0]?.message;
      return { name: damage.name, found, said, code: ended.signal ?? ended.code };
    },
  );
  assert.equal(verdicts.shift().code, 0, 'the archive as it was');
  const wrong = verdicts.filter((verdict) => !verdict.found || !verdict.said);
  assert.deepEqual(wrong, [], `of ${whole.length} bytes, FM_TEST_SEED=${seed}`);
  t.diagnostic(`${verdicts.length} damages of ${whole.length} bytes, all found`);
});
