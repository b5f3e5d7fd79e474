const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Bits that a base64 character holds. */
const WIDTH = 6;

/** How many bits are set in the character of each code; none in one that is no digit. */
const ONES = onesByCode();

/**
 * Whether a bit of a legacy bitmap is set. Only the one character of the base64 text that holds the bit is decoded, so
 * the cost does not depend on the bitmap's size (1.4 MB of text for 8 million addresses). A character that is no digit
 * has no bit set.
 *
 * @param index of the bit, counted from 0, the most significant bit of the first byte; beyond the end = not set
 */
export function hasBit(base64: string, index: number): boolean {
  const digit = ALPHABET.indexOf(base64.charAt(Math.floor(index / WIDTH)));
  return digit > 0 && (digit & (32 >> (index % WIDTH))) !== 0;
}

/** Index of the first bit from `from` on that is not set; there always is one: nothing beyond the end is set. */
export function nextClearBit(base64: string, from: number): number {
  return nextBit(base64, { from, set: false, search: /[^/]/g }) ?? base64.length * WIDTH;
}

/** Index of the first bit from `from` on that is set; undefined when none is. */
export function nextSetBit(base64: string, from: number): number | undefined {
  return nextBit(base64, { from, set: true, search: /[B-Za-z0-9+/]/g });
}

/** @param wanted `search` finds characters with such a bit: the engine's own search is what makes this cheap */
function nextBit(base64: string, wanted: { from: number; set: boolean; search: RegExp }): number | undefined {
  const { from, set, search } = wanted;
  const character = Math.floor(from / WIDTH);
  const index = bitOf(base64, { character, from, set });
  if (index !== undefined) return index;
  search.lastIndex = character + 1;
  const next = search.exec(base64)?.index;
  return next === undefined ? undefined : bitOf(base64, { character: next, from: next * WIDTH, set });
}

function bitOf(base64: string, at: { character: number; from: number; set: boolean }): number | undefined {
  for (let index = at.from; index < (at.character + 1) * WIDTH; index++) {
    if (hasBit(base64, index) === at.set) return index;
  }
  return undefined;
}

/** Index of the bit that is not set and before which, from `from` on, `skip` others are not: a look at each character. */
export function nthClearBit(base64: string, from: number, skip: number): number {
  let index = from;
  let left = skip;
  while (index < base64.length * WIDTH) {
    const clear = index % WIDTH === 0 ? WIDTH - onesOf(base64, index / WIDTH) : Infinity;
    if (clear <= left) {
      left -= clear;
      index += WIDTH;
      continue;
    }
    if (!hasBit(base64, index) && left-- === 0) return index;
    index++;
  }
  return index + left;
}

function onesOf(base64: string, character: number): number {
  return ONES[base64.charCodeAt(character)] ?? 0;
}

/** Index of the first bit that is set and was not before; undefined when there is none: bits were cleared at most. */
export function firstAddedBit(base64: string, before: string): number | undefined {
  for (let character = 0; character < base64.length; character++) {
    if (base64.charCodeAt(character) === before.charCodeAt(character)) continue;
    for (let index = character * WIDTH; index < (character + 1) * WIDTH; index++) {
      if (hasBit(base64, index) && !hasBit(before, index)) return index;
    }
  }
  return undefined;
}

/** Number of bits that are set from `from` on and before `end`: a look at each character in between. */
export function countBits(base64: string, from: number, end: number): number {
  const last = Math.min(end, base64.length * WIDTH);
  const firstWhole = Math.ceil(from / WIDTH);
  const endWhole = Math.floor(last / WIDTH);
  if (firstWhole >= endWhole) return countSingly(base64, from, last);
  let count = countSingly(base64, from, firstWhole * WIDTH) + countSingly(base64, endWhole * WIDTH, last);
  for (let character = firstWhole; character < endWhole; character++) count += onesOf(base64, character);
  return count;
}

function countSingly(base64: string, from: number, end: number): number {
  let count = 0;
  for (let index = from; index < end; index++) if (hasBit(base64, index)) count++;
  return count;
}

function onesByCode(): Readonly<Uint8Array> {
  const ones = new Uint8Array(128);
  for (let digit = 0; digit < ALPHABET.length; digit++) {
    ones[ALPHABET.charCodeAt(digit)] = digit.toString(2).replaceAll("0", "").length;
  }
  return ones;
}
