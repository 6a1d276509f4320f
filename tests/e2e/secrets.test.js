'use strict';
// Whatever goes wrong with a backup, nobody learns the password, and what the documents hold is only
// in the archive and, after a kill, in the staging folder that nobody else may open. Files, output,
// arguments and environment are searched, the latter two every few milliseconds.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const zlib = require('node:zlib');
const { after, before, test } = require('node:test');
const { listen } = require('./lib/peers');
const { Cleanup, archivesIn, cleanupAfter } = require('./lib/scratch');
const { Workbench } = require('./lib/workbench');

const PASSWORD = 'canary-71bd-Holunderblüte';
const TOKEN = 'canary-token-e80c2b'; // of a user, in a document

const cleanup = new Cleanup();
after(() => cleanup.run());
let bench;
before(async () => {
  bench = await Workbench.open(cleanup, { password: PASSWORD });
  const { url, user } = bench.source;
  const login = Buffer.from(`${user}:${PASSWORD}`).toString('base64');
  for (const [target, body] of [
    ['/canary', ''],
    ['/canary/user', JSON.stringify({ token: TOKEN, [`key ${TOKEN}`]: 1 })],
  ]) {
    const answer = await fetch(url + target, {
      method: 'PUT',
      body: body || undefined,
      headers: { Authorization: `Basic ${login}`, 'Content-Type': 'application/json' },
    });
    assert.equal(answer.status, 201, await answer.text());
  }
});

/** The forms in which a secret could stand somewhere. */
function formsOf(secret) {
  const utf8 = Buffer.from(secret);
  return [
    utf8,
    Buffer.from(encodeURIComponent(secret)),
    Buffer.from(JSON.stringify(secret).slice(1, -1)),
    Buffer.from(utf8.toString('base64').replace(/=+$/, '')),
    Buffer.from(utf8.toString('hex')),
    Buffer.from(secret, 'utf16le'),
  ];
}

const PASSWORD_FORMS = [
  ...formsOf(PASSWORD),
  Buffer.from(Buffer.from(`admin:${PASSWORD}`).toString('base64')),
];
const TOKEN_FORMS = formsOf(TOKEN);

function mustLack(what, bytes, forms) {
  const found = forms.find((form) => bytes.includes(form));
  assert.equal(found, undefined, `${what} holds ${found}`);
}

/** The bytes of a file, of an archive what all of its members unpack to. */
function contentOf(file) {
  const bytes = fs.readFileSync(file);
  if (!/\.tgz(\.partial)?$/.test(file)) return bytes;
  try {
    const plain = zlib.gunzipSync(bytes, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
    return Buffer.concat([bytes, plain]);
  } catch {
    return bytes; // an unfinished one may end in the middle of a member
  }
}

function everyFile(place, visit) {
  for (const entry of fs.readdirSync(place, { withFileTypes: true })) {
    const file = path.join(place, entry.name);
    if (entry.isDirectory()) everyFile(file, visit);
    else if (entry.isFile()) visit(file);
  }
}

/** Looks at a process and its children until `ended`; resolves to how often it looked. */
async function watch(pid, ended) {
  let looks = 0;
  let isOver = false;
  const over = ended.finally(() => (isOver = true));
  const look = (id) => {
    for (const name of ['cmdline', 'environ']) {
      let bytes;
      try {
        bytes = fs.readFileSync(`/proc/${id}/${name}`);
      } catch {
        return; // it has ended
      }
      mustLack(`/proc/${id}/${name}`, bytes, [...PASSWORD_FORMS, ...TOKEN_FORMS]);
    }
    looks += 1;
    const children = `/proc/${id}/task/${id}/children`;
    if (!fs.existsSync(children)) return;
    for (const child of fs.readFileSync(children, 'utf8').split(' ').filter(Boolean)) look(child);
  };
  while (!isOver) {
    look(pid);
    await Promise.race([over, new Promise((resolve) => setTimeout(resolve, 10))]);
  }
  return looks;
}

/**
 * A proxy in front of the source that answers `wrong` to every request that it matches. A second
 * listener stands where a redirection points; nothing may ever come there.
 */
async function startFaulty(t, { on, wrong }) {
  const own = cleanupAfter(t);
  const strays = [];
  const elsewhere = await listen(own, (request, response) => {
    strays.push(request.url);
    response.end('{}');
  });
  const target = new URL(bench.source.url);
  const { url } = await listen(own, (request, response) => {
    if (on.test(request.url)) {
      wrong(request, response, elsewhere.url);
      return;
    }
    const { method, headers } = request;
    const { hostname: host, port } = target;
    const onward = http.request({ host, port, method, headers, path: request.url });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  return { url, strays };
}

const say = (status, headers) => (request, response, elsewhere) => {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers?.(elsewhere) });
  // As a server or a proxy that is too talkative: it repeats what it was sent.
  response.end(
    JSON.stringify({ error: 'made_by_a_test', reason: `You sent ${request.headers.authorization}` }),
  );
};
const FAULTS = {
  'all is well': { on: /^$/, wrong: say(500), codes: [0] },
  'the password is refused': { on: /./, wrong: say(401), codes: [2] },
  'the password is refused in the middle': { on: /_bulk_get/, wrong: say(401), codes: [2] },
  'a database is forbidden': { on: /^\/canary\/_changes/, wrong: say(403), codes: [1] },
  'an answer is missing': { on: /^\/canary\/_bulk_get/, wrong: say(404), codes: [1, 2] },
  'a redirection to elsewhere': {
    on: /_changes/,
    wrong: say(302, (elsewhere) => ({ Location: `${elsewhere}/` })),
    codes: [2],
  },
  garbage: {
    on: /^\/canary\/_bulk_get/,
    wrong: (request, response) => response.end(`<html>${request.headers.authorization} ${TOKEN}`),
    codes: [1],
  },
  'a connection that breaks': {
    on: /^\/canary\/_changes/,
    wrong: (request) => request.socket.destroy(),
    codes: [2],
  },
  'a kill': {
    on: /^\/canary\/_security/,
    wrong: (request, response, elsewhere, child) => child?.kill('SIGKILL'),
    signal: 'SIGKILL',
  },
};

for (const [name, fault] of Object.entries(FAULTS)) {
  test(`no secret shows: ${name}`, async (t) => {
    const { own, program, to } = await bench.fresh(t);
    let child;
    const wrong = (...parameters) => fault.wrong(...parameters, child);
    const { url, strays } = await startFaulty(t, { on: fault.on, wrong });
    const run = program.start(bench.backup(url, to, '--db', 'c*'));
    child = run.child;
    const [looks, ended] = await Promise.all([watch(child.pid, run.ended), run.ended]);
    assert.ok(looks > 1, 'it was looked at while it ran');
    const how = ended.signal ?? ended.code;
    assert.ok((fault.codes ?? [fault.signal]).includes(how), `${ended}`);

    assert.deepEqual(strays, [], 'nothing is sent to another origin');
    for (const stream of ['out', 'err'])
      mustLack(stream, Buffer.from(ended[stream]), [...PASSWORD_FORMS, ...TOKEN_FORMS]);
    everyFile(own, (file) => {
      mustLack(`the name ${file}`, Buffer.from(file), [...PASSWORD_FORMS, ...TOKEN_FORMS]);
      const forms = file.startsWith(`${to}/`) ? PASSWORD_FORMS : [...PASSWORD_FORMS, ...TOKEN_FORMS];
      mustLack(file, contentOf(file), forms);
      if (file.startsWith(`${to}/`))
        assert.equal(fs.statSync(file).mode & 0o077, 0, `${file} is for its owner alone`);
    });
    if (name !== 'all is well') return;
    // The search finds what is there: the token is in the archive.
    const archive = contentOf(path.join(to, archivesIn(to)[0]));
    assert.ok(archive.includes(TOKEN_FORMS[0]), 'the search would find it');
  });
}
