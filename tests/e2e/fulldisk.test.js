'use strict';
// A backup to a disk that is too small, or gets full meanwhile. The disk is a file system in memory
// that only the processes of the test see. Where this machine does not let us mount, the exit code
// is 77: not run.

const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const { after, before, test } = require('node:test');
const assert = require('node:assert/strict');
const { Ended, assertRefused, executable } = require('./lib/program');
const { Cleanup, leftoversIn } = require('./lib/scratch');
const { Workbench, archivesOf } = require('./lib/workbench');

const NOT_RUN = 77;
const unshare = ['unshare', process.getuid() === 0 ? '-m' : '-rm'];

const attempt = [...unshare, 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'focus-monitor-e2e', '/mnt'];
if (spawnSync(attempt[0], attempt.slice(1)).status !== 0) {
  console.log('not run: this machine does not let us mount a small file system');
  process.exit(NOT_RUN);
}

const cleanup = new Cleanup();
after(() => cleanup.run());
let bench;
before(async () => {
  bench = await Workbench.open(cleanup);
});

/**
 * Runs the program with a file system of its own, of that size, at the backup folder; it is gone
 * with the last process that sees it. `fill` tells when to fill it to the last byte, if at all.
 * Returns how the run ended and what is on the file system then.
 */
async function onSmallDisk(t, { mebibytes, own, program, parameters, to, fill }) {
  const script = `
    mount -t tmpfs -o size=${mebibytes}m,mode=700 focus-monitor-e2e "$disk" || exit
    cp -a "$own/old/." "$disk"
    echo mounted
    { "$@" >"$own/out" 2>"$own/err"; echo $? >"$own/code"; echo ended; } &
    read -r order
    [ "$order" != fill ] || { dd if=/dev/zero of="$disk/filler" bs=64k; echo full; }
    wait
    rm -f "$disk/filler"
    cp -a "$disk" "$own/after"`;
  fs.cpSync(to, path.join(own, 'old'), { recursive: true });
  const [command, ...options] = [...unshare, 'sh', '-c', script, 'sh', executable, ...parameters];
  const shell = spawn(command, options, {
    env: { ...program.environment, disk: to, own },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  t.after(() => shell.kill('SIGKILL'));
  const lines = readline.createInterface({ input: shell.stdout });
  const said = (word) =>
    new Promise((resolve) => lines.on('line', (line) => line === word && resolve(word)));
  const [mounted, ended, full] = ['mounted', 'ended', 'full'].map(said);
  const gone = once(shell, 'close');
  assert.equal(await Promise.race([mounted, gone]), 'mounted');
  if (fill && (await Promise.race([fill.when, ended])) !== 'ended') {
    shell.stdin.write('fill\n');
    await full;
    fill.done();
  }
  shell.stdin.end('\n');
  await gone;
  const read = (name) => fs.readFileSync(path.join(own, name), 'utf8');
  const parts = { command: parameters.join(' '), code: Number(read('code')), signal: null };
  return {
    ended: new Ended({ ...parts, out: read('out'), err: read('err') }),
    after: path.join(own, 'after'),
  };
}

test('a disk that is too small is refused before anything is written', async (t) => {
  const { own, program, to } = await bench.fresh(t, { holding: true });
  const was = archivesOf(to);
  const parameters = bench.backup(bench.source.url, to);
  const run = await onSmallDisk(t, { mebibytes: 16, own, program, parameters, to });
  assertRefused(run.ended, {
    code: 2,
    says: /has 1[56] MiB free and a backup needs about \d+ MiB/,
  });
  assert.deepEqual(archivesOf(run.after), was);
  assert.deepEqual(leftoversIn(run.after), []);
});

test('a disk that gets full while it fetches', async (t) => {
  const { own, program, to } = await bench.fresh(t, { holding: true });
  const was = archivesOf(to);
  const recorder = await bench.startHolding(t);
  const parameters = bench.backup(recorder.url, to);
  const fill = { when: recorder.held, done: recorder.release };
  const run = await onSmallDisk(t, { mebibytes: 80, own, program, parameters, to, fill });
  assertRefused(run.ended, { code: 2, says: /disk is full/ });
  assert.deepEqual(archivesOf(run.after), was);
  assert.deepEqual(leftoversIn(run.after), []);
});
