'use strict';
// Temp folders, what lies in them, and the end of what a test started.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { createHash } = require('node:crypto');

/** Ends what was started, the last first. */
class Cleanup {
  #steps = [];

  after(step) {
    this.#steps.unshift(step);
  }

  async run() {
    for (const step of this.#steps.splice(0)) await step();
  }
}

/** One for the test `t`. */
function cleanupAfter(t) {
  const cleanup = new Cleanup();
  t.after(() => cleanup.run());
  return cleanup;
}

/** A folder that is gone after the test. */
function scratchFolder(cleanup) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'focus-monitor-e2e-'));
  cleanup.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A password file as the program wants it. */
function passwordFile(folder, password) {
  const file = path.join(folder, 'password');
  fs.writeFileSync(file, `${password}\n`, { mode: 0o600 });
  return file;
}

/** {path below the folder: SHA-256} of every file. */
function contents(folder) {
  const files = {};
  const walk = (below) => {
    for (const entry of fs.readdirSync(path.join(folder, below), { withFileTypes: true })) {
      const name = path.join(below, entry.name);
      if (entry.isDirectory()) walk(name);
      else files[name] = sha256(path.join(folder, name));
    }
  };
  walk('');
  return files;
}

const sha256 = (file) => createHash('sha256').update(fs.readFileSync(file)).digest('hex');

/** The archives of a backup folder. */
const archivesIn = (folder) => fs.readdirSync(folder).filter((name) => name.endsWith('.tgz'));

/** What a backup folder holds besides archives, and its marker and lock, which stay. */
const leftoversIn = (folder) =>
  fs.readdirSync(folder).filter((name) => !/\.tgz$|^\.focus-monitor-(folder|lock)$/.test(name));

/** An array of `count` numbers from 0 up to `limit`, always the same for one seed (mulberry32). */
function randomNumbers(seed, count, limit) {
  let state = seed >>> 0;
  return Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  });
}

module.exports = {
  Cleanup,
  archivesIn,
  cleanupAfter,
  contents,
  leftoversIn,
  passwordFile,
  randomNumbers,
  scratchFolder,
  sha256,
};
