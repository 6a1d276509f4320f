'use strict';
// A filled PouchDB Server and an older archive of it, and for each test a program with a home and a
// backup folder of its own.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { runInterop, startPouchDBServer, startRecorder, withUser } = require('./peers');
const { Program } = require('./program');
const { cleanupAfter, contents, passwordFile, scratchFolder } = require('./scratch');

const LOCK = '.focus-monitor-lock';

class Workbench {
  /** Made once for all tests of a file. */
  static async open(cleanup, { password = 'secret' } = {}) {
    const bench = new Workbench();
    const folder = scratchFolder(cleanup);
    fs.chmodSync(folder, 0o755); // also for a run as nobody
    bench.source = await startPouchDBServer(cleanup, folder, { password });
    await runInterop('fill.js', [bench.source.url], { source: bench.source });
    bench.password = passwordFile(folder, password);
    const program = new Program(path.join(folder, 'home'));
    const { out } = await program.good(
      bench.backup(bench.source.url, path.join(folder, 'first'), '--db', 'conflicts'),
    );
    bench.archive = out.trim();
    return bench;
  }

  /** The parameters of a backup. */
  backup(url, to, ...more) {
    const from = withUser({ url, user: this.source.user });
    return ['backup', '--from', from, '--password-file', this.password, '--to', to, ...more];
  }

  /** {own, program, to}; `holding` puts an older archive into the backup folder. */
  async fresh(t, { holding = false } = {}) {
    const own = scratchFolder(cleanupAfter(t));
    const program = new Program(path.join(own, 'home'));
    const to = path.join(own, 'backups');
    if (holding) await program.good(this.backup(this.source.url, to, '--db', 'conflicts'));
    return { own, program, to };
  }

  /** A proxy that holds a backup back at the documents of the database `attachments`. */
  startHolding(t) {
    const hold = ({ target }) => target.startsWith('/attachments/_bulk_get');
    return startRecorder(cleanupAfter(t), this.source.url, { hold });
  }

  /** A backup that is held back there. */
  async midRun(t, program, to) {
    const recorder = await this.startHolding(t);
    const run = program.start(this.backup(recorder.url, to));
    t.after(() => run.child.kill('SIGKILL'));
    const first = await Promise.race([recorder.held, run.ended]);
    assert.equal(first, undefined, `it did not come to the documents: ${first}`);
    return { ...run, recorder };
  }
}

/** Everything in the folder but the lock, whose content tells who held it last. */
function archivesOf(to) {
  const { [LOCK]: lock, ...rest } = contents(to);
  return rest;
}

module.exports = { Workbench, archivesOf };
