'use strict';
// A proxy that passes requests on unchanged and writes down each of them.

const http = require('node:http');

/** Headers that say how a connection is used, not what is asked. */
const OF_THE_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'host',
  'content-length',
  'transfer-encoding',
]);

function headersWorthRepeating(rawHeaders) {
  const headers = [];
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (!OF_THE_CONNECTION.has(rawHeaders[i].toLowerCase()))
      headers.push([rawHeaders[i], rawHeaders[i + 1]]);
  return headers;
}

/** Resolves to {url, requests, close}; `requests` fills with {method, path, headers, body}. */
async function startRecorder(target) {
  const { hostname, port } = new URL(target);
  const agent = new http.Agent({ keepAlive: true });
  const requests = [];
  const proxy = http.createServer((incoming, answer) => {
    const chunks = [];
    incoming.on('data', (chunk) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const { method, url: path, rawHeaders } = incoming;
      requests.push({ method, path, headers: headersWorthRepeating(rawHeaders), body });
      const outgoing = http.request(
        {
          hostname,
          port,
          method,
          path,
          agent,
          headers: { ...incoming.headers, host: `${hostname}:${port}` },
        },
        (response) => {
          answer.writeHead(response.statusCode, response.headers);
          response.pipe(answer);
        },
      );
      outgoing.on('error', () => answer.destroy());
      outgoing.end(body);
    });
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${proxy.address().port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        proxy.close(resolve);
        proxy.closeAllConnections();
        agent.destroy();
      }),
  };
}

module.exports = { startRecorder };
