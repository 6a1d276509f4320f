'use strict';
// A line for each test; of a failed one what was said, and where.

function explain(error) {
  const cause = error.cause ?? error;
  if (typeof cause === 'string') return cause;
  const places = (cause.stack ?? '').match(/[\w.]+\.js:\d+(?=:\d+\)?$)/gm) ?? [];
  const mine = places.filter((place) => !place.startsWith('test.js'));
  return `${cause.message}\n(${mine.slice(0, 4).join(' < ')})`;
}

const indent = (text) => text.trimEnd().replace(/^/gm, '    ');

module.exports = async function* report(events) {
  let failed = 0;
  let passed = 0;
  let last;
  for await (const { type, data } of events) {
    if (type === 'test:pass' && data.details.type !== 'suite') {
      passed += 1;
      yield `ok      ${data.name} (${(data.details.duration_ms / 1000).toFixed(1)} s)\n`;
    } else if (type === 'test:fail') {
      failed += 1;
      const words = explain(data.details.error);
      yield `FAILED  ${data.name}\n${indent(words === last ? 'the same' : words)}\n`;
      last = words;
    } else if (
      type === 'test:diagnostic' &&
      !/^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(data.message)
    ) {
      yield `        ${data.message}\n`;
    }
  }
  yield `${passed} passed, ${failed} failed\n`;
};
