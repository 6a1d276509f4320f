'use strict';
// focus-monitorctl as its user runs it: a process of its own, in a home of its own.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const executable = process.env.FOCUS_MONITORCTL;
if (!executable) throw new Error('FOCUS_MONITORCTL must name the program; ctest sets it');

const MOST_MINUTES = 5;

/** How a run ended: {command, code, signal, out, err}. */
class Ended {
  constructor(parts) {
    Object.assign(this, parts);
  }

  get json() {
    return JSON.parse(this.out);
  }

  /** How it ended must be this exit code or signal. */
  mustBe(expected) {
    const found = this.signal ?? this.code;
    if (found !== expected) assert.fail(`${this}\nexpected: ${expected}`);
    return this;
  }

  /** For messages of failed assertions: of JSON only what is wrong in it. */
  toString() {
    const tail = (text) => (text.length > 1000 ? `…${text.slice(-1000)}` : text);
    let out = tail(this.out);
    const wrong = this.out.match(/"(omissions|problems|error)":[[{][^\]}][^\]}]*/g);
    if (wrong) out = tail(wrong.join('\n'));
    return `${this.command} ended with ${this.signal ?? this.code}\n${out}${tail(this.err)}`;
  }
}

class Program {
  /** `home` is made; what the program remembers between runs lies there. */
  constructor(home) {
    this.home = home;
    fs.mkdirSync(home, { recursive: true });
  }

  get environment() {
    // No session bus: the keychain of the machine is not the tests'.
    const { DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR, ...rest } = process.env;
    const keep = Object.entries(rest).filter(([name]) => !/^(FM_TEST_|FOCUS_MONITOR)/.test(name));
    return { ...Object.fromEntries(keep), HOME: this.home, XDG_DATA_HOME: `${this.home}/data` };
  }

  /** Starts it; `under` is a command that runs another one, such as setpriv. */
  start(parameters, { input = '', under = [] } = {}) {
    const [file, ...rest] = [...under, executable, ...parameters];
    const child = spawn(file, rest, { env: this.environment, stdio: 'pipe' });
    const texts = [child.stdout, child.stderr].map((stream) => {
      const chunks = [];
      stream.on('data', (chunk) => chunks.push(chunk));
      return () => Buffer.concat(chunks).toString('utf8');
    });
    child.stdin.on('error', () => {}); // it need not read all of it
    child.stdin.end(input);
    const guard = setTimeout(() => child.kill('SIGKILL'), MOST_MINUTES * 60_000);
    const ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        clearTimeout(guard);
        const [out, err] = texts.map((text) => text());
        const command = [path.basename(executable), ...parameters].join(' ').slice(0, 300);
        resolve(new Ended({ command, code, signal, out, err }));
      });
    });
    return { child, ended };
  }

  run(parameters, options) {
    return this.start(parameters, options).ended;
  }

  /** Runs what must succeed; the exit code may be told. */
  async good(parameters, { code = 0, ...options } = {}) {
    return (await this.run(parameters, options)).mustBe(code);
  }

  /** Refused in one line that `says` this, with this exit code; as JSON with this error code. */
  async refused(parameters, { code, says, errorCode, ...options }) {
    const ended = await this.run(parameters, options);
    assertRefused(ended, { code, says });
    if (errorCode) {
      const asJson = await this.run([parameters[0], '--json', ...parameters.slice(1)], options);
      asJson.mustBe(code);
      assert.equal(asJson.err, '', 'with --json the error stands on stdout alone');
      const { error, ...more } = asJson.json;
      assert.deepEqual(more, {});
      assert.deepEqual(Object.keys(error), ['code', 'message', 'remedy']);
      assert.equal(error.code, errorCode, asJson.out);
      assert.match(error.message, says);
    }
    return ended;
  }
}

function assertRefused(ended, { code, says }) {
  ended.mustBe(code);
  assert.equal(ended.out, '', 'nothing on stdout');
  assert.match(ended.err, /^focus-monitorctl: [^\n]+[.!?]\n$/); // one line, a whole sentence
  assert.match(ended.err, says);
}

module.exports = { Ended, Program, assertRefused, executable };
