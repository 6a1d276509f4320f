'use strict';
// A plain HTTP client for CouchDB-like servers. Paths are sent exactly as given: nothing resolves
// "." or "%2E".

const http = require('node:http');
const { createHash } = require('node:crypto');
const json = require('./json');

function credentials() {
  return {
    user: process.env.FM_TEST_USER ?? 'admin',
    password: process.env.FM_TEST_PASSWORD ?? 'secret',
  };
}

/**
 * The path of a document; the slash after _design and _local stays, as CouchDB redirects or refuses
 * otherwise.
 */
function documentPath(database, id) {
  const [, prefix, rest] = /^(_design\/|_local\/)?([^]*)$/.exec(id);
  return `/${encodeURIComponent(database)}/${prefix ?? ''}${encodeURIComponent(rest)}`;
}

/** Whether an id or attachment name can stand in a path; the others go by POST. */
function fitsInPath(text) {
  return text !== '.' && text !== '..' && encodeURIComponent(text).length < 7000;
}

class Server {
  #agent = new http.Agent({ keepAlive: true });
  #options;

  constructor(url, { user, password } = credentials()) {
    const { hostname, port, protocol } = new URL(url);
    if (protocol !== 'http:') throw new Error(`an http:// address, not ${url}`);
    this.#options = {
      host: hostname,
      port: port || 80,
      auth: `${user}:${password}`,
      agent: this.#agent,
    };
  }

  /** Sends one request and hands the response to `read` as it comes. */
  #send(method, path, body, headers, read) {
    return new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
      const options = {
        ...this.#options,
        method,
        path,
        headers: { Accept: 'application/json', ...length, ...headers },
      };
      const request = http.request(options, (response) => {
        const finish = read(response);
        response.once('end', () =>
          response.complete ? resolve(finish()) : reject(new Error(`${path} was cut off`)),
        );
        response.once('error', reject);
      });
      request.once('error', (error) => {
        // The server closed an idle connection at the moment it was used again.
        if (request.reusedSocket && error.code === 'ECONNRESET')
          resolve(this.#send(method, path, body, headers, read));
        else reject(error);
      });
      request.end(body);
    });
  }

  /** {status, text} of any answer. `body` is a Buffer, or something to be written as JSON. */
  request(method, path, body, headers = {}) {
    let bytes = body;
    if (body !== undefined && !Buffer.isBuffer(body)) {
      bytes = Buffer.from(json.stringify(body));
      headers = { 'Content-Type': 'application/json', ...headers };
    }
    return this.#send(method, path, bytes, headers, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      return () => ({ status: response.statusCode, text: Buffer.concat(chunks).toString('utf8') });
    });
  }

  /**
   * The parsed body of a good answer (numbers as NumberText, objects as Maps); throws with the
   * server's words.
   */
  async ask(method, path, body) {
    const { status, text } = await this.request(method, path, body);
    if (status >= 300)
      throw new Error(`${method} ${path.slice(0, 200)}: ${status} ${text.trim().slice(0, 300)}`);
    return json.parse(text);
  }

  /** {status, length, md5, type} of the bytes at `path`, which are never all in memory. */
  digest(path) {
    const headers = { Accept: '*/*', 'Accept-Encoding': 'identity' };
    return this.#send('GET', path, undefined, headers, (response) => {
      const hash = createHash('md5');
      let length = 0;
      response.on('data', (chunk) => {
        hash.update(chunk);
        length += chunk.length;
      });
      return () => ({
        status: response.statusCode,
        encoding: response.headers['content-encoding'],
        length,
        md5: hash.digest('base64'),
      });
    });
  }

  async databases() {
    return (await this.ask('GET', '/_all_dbs')).filter((name) => !name.startsWith('_'));
  }

  close() {
    this.#agent.destroy();
  }
}

module.exports = { Server, credentials, documentPath, fitsInPath };
