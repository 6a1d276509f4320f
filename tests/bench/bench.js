#!/usr/bin/env node
'use strict';
// bench.js [CASE...]   a to g, or all: how long backups take, ours and others', as one table.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { Filler } = require('./lib/databases');
const { startRecorder } = require('./lib/recorder');
const { writeCurlConfig, floorCommand } = require('./lib/floor');
const { runOnce, summary } = require('./lib/measure');

const PROGRAM = process.env.FOCUS_MONITORCTL;
const NODE = process.execPath;
const HERE = __dirname;

const many = Array.from({ length: 200 }, (_, i) => `bench_b_${String(i).padStart(3, '0')}`);

/** The aims: wall time as a multiple of the floor's, of a peer's, or in seconds. */
const CASES = {
  a: {
    title: '1 database, 10,000 documents of 1 KB, 2 revisions each',
    glob: 'bench_a',
    databases: ['bench_a'],
    fill: (filler) => filler.documents('bench_a', 10_000, 1000, 2),
    runs: 5,
    peers: ['pouchdb7', 'pouchdb9', 'couchbackup'],
  },
  b: {
    title: '200 databases of 50 documents of 1 KB',
    glob: 'bench_b_*',
    databases: many,
    fill: async (filler) => {
      for (const [seed, name] of many.entries()) await filler.documents(name, 50, 1000, 1, seed);
    },
    runs: 5,
    peers: ['pouchdb7', 'pouchdb9'],
  },
  c: {
    title: '200 attachments of 256 KB',
    glob: 'bench_c',
    databases: ['bench_c'],
    fill: (filler) => filler.attachments('bench_c', 200, 256 << 10),
    runs: 5,
    peers: ['pouchdb7', 'pouchdb9'],
  },
  d: { title: 'b again, 2 of its databases changed', again: 'b', runs: 5 },
  e: { title: "a document's revision tree out of a 500 MB archive", runs: 9 },
  f: {
    title: '1 database, 1,000,000 documents of 200 bytes',
    glob: 'bench_f',
    databases: ['bench_f'],
    fill: (filler) => filler.documents('bench_f', 1_000_000, 200, 1),
    runs: 1,
    peers: [],
  },
  g: {
    title: '1 attachment of 1 GB',
    glob: 'bench_g',
    databases: ['bench_g'],
    fill: (filler) => filler.attachments('bench_g', 1, 1_000_000_000),
    runs: 1,
    peers: [],
  },
};

class Bench {
  constructor(address) {
    const url = new URL(address);
    this.user = decodeURIComponent(url.username);
    this.password = decodeURIComponent(url.password);
    url.username = url.password = '';
    this.url = url.href.replace(/\/$/, '');
    this.folder = fs.mkdtempSync(path.join(process.env.TMPDIR ?? os.tmpdir(), 'fm-bench-'));
    this.environment = {
      FM_TEST_USER: this.user,
      FM_TEST_PASSWORD: this.password,
      XDG_DATA_HOME: path.join(this.folder, 'data'),
    };
    this.passwordFile = this.fileWith('password', this.password);
    this.filler = new Filler(this.url, { user: this.user, password: this.password });
    this.rows = [];
    this.count = 0;
  }

  fileWith(name, text) {
    const file = path.join(this.folder, name);
    fs.writeFileSync(file, text, { mode: 0o600 });
    return file;
  }

  newFolder(what) {
    return path.join(this.folder, `${what}-${++this.count}`);
  }

  /** The command of a backup of ours. */
  backup(url, glob, to, more = []) {
    const from = url.replace('://', `://${encodeURIComponent(this.user)}@`);
    const options = ['--from', from, '--password-file', this.passwordFile, '--to', to, '--json'];
    return [PROGRAM, 'backup', ...options, '--db', glob, ...more];
  }

  report(row) {
    this.rows.push(row);
    const shown = row.wall === undefined ? row.note : `${row.wall.toFixed(2)} s`;
    process.stderr.write(`  ${row.what}: ${shown}\n`);
  }

  measure(what, runs, run) {
    const results = [];
    for (let i = 0; i < runs; ++i) results.push(run());
    this.report({ what, ...summary(results) });
    return results;
  }

  /** Ours, twice: with and without what comes after the last database was fetched. */
  measureOurs(what, runs, run) {
    const results = this.measure(what, runs, run);
    const without = results.map((result) => {
      const { started, finished } = JSON.parse(result.stdout);
      return { ...result, wall: (Date.parse(finished) - Date.parse(started)) / 1000 };
    });
    const row = summary(without);
    this.rows.push({
      what: `${what}, without verification`,
      ...row,
      cpu: undefined,
      peak: undefined,
    });
  }

  async measureFloor({ glob, runs }) {
    const recorder = await startRecorder(this.url);
    const to = this.newFolder('recorded');
    try {
      await this.runBeside(this.backup(recorder.url, glob, to));
    } finally {
      await recorder.close();
    }
    fs.rmSync(to, { recursive: true, force: true });
    const folder = this.newFolder('floor');
    fs.mkdirSync(folder);
    const config = writeCurlConfig(folder, this.url, recorder.requests);
    this.measure(
      `floor: those ${recorder.requests.length} requests by curl, 8 parallel`,
      runs,
      () => runOnce(floorCommand(config)),
    );
    fs.rmSync(folder, { recursive: true, force: true });
  }

  /** Runs while this process goes on serving as the recorder. */
  runBeside(command) {
    const { spawn } = require('node:child_process');
    return new Promise((resolve, reject) => {
      const child = spawn(command[0], command.slice(1), {
        env: { ...process.env, ...this.environment },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      child.on('error', reject);
      child.on('exit', (code) =>
        code === 0 ? resolve() : reject(new Error(`${command[0]} ended with ${code}`)),
      );
    });
  }

  measurePeer(peer, { databases, runs }) {
    const few = Math.min(runs, 3);
    try {
      if (peer === 'couchbackup') this.measureCouchbackup(databases[0], few);
      else this.measurePouchdb(peer.slice(-1), databases, few);
    } catch (error) {
      this.report({ what: peer, note: `not run: ${error.message.split('\n')[0]}` });
    }
  }

  measurePouchdb(version, databases, runs) {
    const name = { 7: 'pouchdb-node 7.3.0', 9: 'pouchdb-node 9.0.0' }[version];
    this.measure(`${name} and tar`, runs, () => {
      const to = this.newFolder('pouchdb');
      const script = path.join(HERE, 'snapshot-with-pouchdb.js');
      const result = runOnce([NODE, script, version, this.url, to, ...databases], this.environment);
      fs.rmSync(to, { recursive: true, force: true });
      return result;
    });
  }

  /** It writes current and conflicting revisions as JSON, without their history. */
  measureCouchbackup(database, runs) {
    const script = path.join(
      HERE,
      'couchbackup/node_modules/@cloudant/couchbackup/bin/couchbackup.bin.js',
    );
    if (!fs.existsSync(script)) throw new Error('its packages are not installed');
    const url = this.url.replace('://', `://${this.user}:${this.password}@`);
    this.measure('couchbackup 2.11.12 (no history)', runs, () => {
      const output = this.newFolder('couchbackup');
      const command = [
        NODE,
        script,
        '--db',
        database,
        '--output',
        output,
        '--log',
        `${output}.log`,
      ];
      const result = runOnce(command, { COUCH_URL: url });
      for (const file of [output, `${output}.log`]) fs.rmSync(file, { force: true });
      return result;
    });
  }

  async runBackupCase(definition) {
    await definition.fill(this.filler);
    this.measureOurs('ours', definition.runs, () => {
      const to = this.newFolder('ours');
      const result = runOnce(this.backup(this.url, definition.glob, to), this.environment);
      fs.rmSync(to, { recursive: true, force: true });
      return result;
    });
    await this.measureFloor(definition);
    for (const peer of definition.peers) this.measurePeer(peer, definition);
  }

  async runAgain({ again, runs }) {
    const { glob, databases, fill } = CASES[again];
    await fill(this.filler);
    const to = this.newFolder('again');
    runOnce(this.backup(this.url, glob, to), this.environment);
    const results = [];
    for (let i = 0; i < runs; ++i) {
      for (const name of databases.slice(i, i + 2))
        await this.filler.touch(name, `touched_${Date.now()}_${i}`);
      results.push(runOnce(this.backup(this.url, glob, to), this.environment));
    }
    this.report({ what: 'ours', ...summary(results) });
    for (const name of databases.slice(0, runs + 2)) await this.filler.remake(name);
  }

  /** An archive of 500 MB that does not compress. */
  async runOpen({ runs }) {
    await this.filler.attachments('bench_e', 2000, 256 << 10);
    const to = this.newFolder('open');
    runOnce(this.backup(this.url, 'bench_e', to), this.environment);
    const [archive] = fs.readdirSync(to).filter((name) => name.endsWith('.tgz'));
    const file = path.join(to, archive);
    const megabytes = Math.round(fs.statSync(file).size / 1e6);
    const command = [PROGRAM, 'show', file, 'bench_e', 'file_001234', '--tree'];
    this.measure(`ours, out of ${megabytes} MB`, runs, () => runOnce(command));
    this.measure(`tar xzf of the same`, 1, () => {
      const folder = this.newFolder('unpacked');
      fs.mkdirSync(folder);
      const result = runOnce(['tar', 'xzf', file, '-C', folder]);
      fs.rmSync(folder, { recursive: true, force: true });
      return result;
    });
    fs.rmSync(to, { recursive: true, force: true });
  }

  async run(letters) {
    for (const letter of letters) {
      const definition = CASES[letter];
      process.stderr.write(`${letter}: ${definition.title}\n`);
      this.rows.push({ heading: `${letter}  ${definition.title}` });
      if (definition.again) await this.runAgain(definition);
      else if (definition.fill) await this.runBackupCase(definition);
      else await this.runOpen(definition);
    }
  }

  table() {
    const number = (value, digits) => (value === undefined ? '' : value.toFixed(digits));
    const lines = [
      ['', 'runs', 'median s', 'fastest', 'slowest', 'CPU s', 'peak MB'],
      ...this.rows.map((row) => {
        if (row.heading) return [row.heading];
        if (row.note) return [`   ${row.what}: ${row.note}`];
        return [
          `   ${row.what}`,
          String(row.runs),
          number(row.wall, 2),
          number(row.fastest, 2),
          number(row.slowest, 2),
          number(row.cpu, 2),
          number(row.peak, 0),
        ];
      }),
    ];
    const first = Math.max(
      ...lines.filter((line) => line.length > 1).map((line) => line[0].length),
    );
    return lines
      .map(
        ([what, ...cells]) => what.padEnd(first) + cells.map((cell) => cell.padStart(10)).join(''),
      )
      .join('\n');
  }

  close() {
    this.filler.close();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

async function main(letters) {
  const address = process.env.FOCUS_MONITOR_TEST_COUCHDB;
  if (!PROGRAM) throw new Error('FOCUS_MONITORCTL must name the program');
  if (!address)
    throw new Error(
      'FOCUS_MONITOR_TEST_COUCHDB must name a CouchDB: http://USER:PASSWORD@HOST:PORT',
    );
  const unknown = letters.find((letter) => !(letter in CASES));
  if (unknown)
    throw new Error(`there is no case ${unknown}, only ${Object.keys(CASES).join(', ')}`);
  const version = execFileSync(PROGRAM, ['--version'], { encoding: 'utf8' }).trim();
  const bench = new Bench(address);
  try {
    await bench.run(letters.length > 0 ? letters : Object.keys(CASES));
    const server = JSON.parse(execFileSync('curl', ['-s', `${bench.url}/`], { encoding: 'utf8' }));
    process.stdout.write(
      `${version}, CouchDB ${server.version}, ${os.cpus().length} cores shared with the server, Node ${process.version}\n\n${bench.table()}\n`,
    );
  } finally {
    bench.close();
  }
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`bench.js: ${error.message ?? error}\n`);
  process.exitCode = 1;
});
