'use strict';
// JSON that loses nothing: numbers keep their text, objects become Maps (key order, numeric keys
// and "__proto__" stay as they are), and nesting of any depth is fine because neither direction
// recurses.

class NumberText {
  constructor(text) {
    this.text = text;
  }
}

const BLANK = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORDS = new Map([
  ['t', ['true', true]],
  ['f', ['false', false]],
  ['n', ['null', null]],
]);

function parse(text) {
  const around = [];
  let inside = null; // the array or Map that is being filled, null at the top
  let key;
  let result;
  let at = 0;

  const fail = (expected) => {
    throw new SyntaxError(`JSON: ${expected} expected at ${at}: ${text.slice(at, at + 20)}`);
  };
  const next = () => {
    BLANK.lastIndex = at;
    BLANK.test(text);
    at = BLANK.lastIndex;
    return text[at];
  };
  const string = () => {
    let end = at;
    let backslashes;
    do {
      end = text.indexOf('"', end + 1);
      if (end < 0) fail('end of string');
      backslashes = 0;
      while (text[end - 1 - backslashes] === '\\') backslashes++;
    } while (backslashes % 2);
    const value = JSON.parse(text.slice(at, end + 1));
    at = end + 1;
    return value;
  };
  const memberName = () => {
    if (next() !== '"') fail('member name');
    key = string();
    if (next() !== ':') fail('":"');
    at++;
  };
  const put = (value) => {
    if (inside === null) result = value;
    else if (Array.isArray(inside)) inside.push(value);
    else inside.set(key, value);
  };
  const enter = (container) => {
    put(container);
    around.push(inside);
    inside = container;
    at++;
  };

  for (;;) {
    const first = next();
    if (first === '{') {
      enter(new Map());
      if (next() !== '}') {
        memberName();
        continue;
      }
    } else if (first === '[') {
      enter([]);
      if (next() !== ']') continue;
    } else if (first === '"') {
      put(string());
    } else if (WORDS.has(first)) {
      const [word, value] = WORDS.get(first);
      if (!text.startsWith(word, at)) fail('value');
      put(value);
      at += word.length;
    } else {
      NUMBER.lastIndex = at;
      if (!NUMBER.test(text)) fail('value');
      put(new NumberText(text.slice(at, NUMBER.lastIndex)));
      at = NUMBER.lastIndex;
    }
    // After a value: leave every container that ends here, then go on to the next value.
    for (;;) {
      const after = next();
      if (inside === null) {
        if (after !== undefined) fail('end');
        return result;
      }
      if (after === ',') {
        at++;
        if (!Array.isArray(inside)) memberName();
        break;
      }
      if (after !== (Array.isArray(inside) ? ']' : '}')) fail('"," or end of container');
      at++;
      inside = around.pop();
    }
  }
}

function members(object) {
  const all = object instanceof Map ? [...object] : Object.entries(object);
  return all.filter(([, value]) => value !== undefined);
}

/**
 * Writes what parse() returns, and ordinary values too; members that are undefined are left out.
 */
function stringify(value) {
  const pieces = [];
  const open = []; // {entries, at, end}: containers that are being written
  let current = value;
  for (;;) {
    if (current instanceof NumberText) {
      pieces.push(current.text);
    } else if (Array.isArray(current)) {
      pieces.push('[');
      open.push({ entries: current, at: 0, end: ']' });
    } else if (current !== null && typeof current === 'object') {
      pieces.push('{');
      open.push({ entries: members(current), at: 0, end: '}' });
    } else {
      pieces.push(JSON.stringify(current));
    }
    for (;;) {
      const container = open.at(-1);
      if (!container) return pieces.join('');
      if (container.at < container.entries.length) {
        if (container.at > 0) pieces.push(',');
        current = container.entries[container.at++];
        if (container.end === '}') {
          pieces.push(JSON.stringify(current[0]), ':');
          current = current[1];
        }
        break;
      }
      pieces.push(container.end);
      open.pop();
    }
  }
}

module.exports = { NumberText, parse, stringify };
