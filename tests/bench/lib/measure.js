'use strict';
// Runs a command to its end, several times, with the operating system's own accounting.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const TIME = '/usr/bin/time';

/** One run: {wall, cpu, peak} in seconds and MB, and what it printed. Throws when it fails. */
function runOnce(command, environment = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fm-bench-time-'));
  const figures = path.join(folder, 'figures');
  try {
    const began = process.hrtime.bigint();
    const done = spawnSync(TIME, ['-o', figures, '-f', '%U %S %M', '--', ...command], {
      env: { ...process.env, ...environment },
      maxBuffer: 1 << 28,
      encoding: 'utf8',
    });
    const wall = Number(process.hrtime.bigint() - began) / 1e9;
    if (done.error) throw new Error(`${TIME}: ${done.error.message} (Debian package time)`);
    if (done.status !== 0)
      throw new Error(`${command[0]} ended with ${done.status}: ${done.stderr.slice(-500)}`);
    const [user, system, peak] = fs.readFileSync(figures, 'utf8').trim().split(/\s+/).map(Number);
    return { wall, cpu: user + system, peak: peak / 1024, stdout: done.stdout };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The medians of several runs, and the slowest and fastest. */
function summary(runs) {
  const walls = runs.map((run) => run.wall);
  return {
    runs: runs.length,
    wall: median(walls),
    fastest: Math.min(...walls),
    slowest: Math.max(...walls),
    cpu: median(runs.map((run) => run.cpu)),
    peak: Math.max(...runs.map((run) => run.peak)),
  };
}

module.exports = { runOnce, summary, median };
