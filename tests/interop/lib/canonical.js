'use strict';
// The order in which every script prints, so that equal databases give equal text.

const { createHash } = require('node:crypto');

const byBytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Orders revisions by generation, then hash. */
function byRevision(a, b) {
  return parseInt(a, 10) - parseInt(b, 10) || byBytes(a, b);
}

/** MD5 written as CouchDB and PouchDB write it in "digest", without its "md5-". */
function md5(bytes) {
  return createHash('md5').update(bytes).digest('base64');
}

/**
 * Runs `work` on all items, at most `width` at a time, and returns the results in the order of the
 * items.
 */
async function inParallel(width, items, work) {
  const results = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}

/**
 * Writes one line to stdout and waits until it is out, so that many large lines need the memory of
 * one.
 */
function printLine(text) {
  return new Promise((resolve, reject) =>
    process.stdout.write(text + '\n', (error) => (error ? reject(error) : resolve())),
  );
}

module.exports = { byBytes, byRevision, inParallel, md5, printLine };
