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

/**
 * Index of the first bit from `from` on that is not set; there always is one, since nothing beyond the end is set.
 * The engine's own search passes over the characters of which all bits are set.
 */
export function nextClearBit(base64: string, from: number): number {
  const character = Math.floor(from / WIDTH);
  const clear = clearBitOf(base64, { character, from });
  if (clear !== undefined) return clear;
  const notFull = /[^/]/g;
  notFull.lastIndex = character + 1;
  const next = notFull.exec(base64)?.index ?? base64.length;
  return clearBitOf(base64, { character: next, from: next * WIDTH }) ?? base64.length * WIDTH;
}

function clearBitOf(base64: string, at: { character: number; from: number }): number | undefined {
  for (let index = at.from; index < (at.character + 1) * WIDTH; index++) if (!hasBit(base64, index)) return index;
  return undefined;
}

/** Number of bits that are set from `from` on and before `end`: a look at each character in between. */
export function countBits(base64: string, from: number, end: number): number {
  const last = Math.min(end, base64.length * WIDTH);
  const firstWhole = Math.ceil(from / WIDTH);
  const endWhole = Math.floor(last / WIDTH);
  if (firstWhole >= endWhole) return countSingly(base64, from, last);
  let count = countSingly(base64, from, firstWhole * WIDTH) + countSingly(base64, endWhole * WIDTH, last);
  for (let character = firstWhole; character < endWhole; character++) count += ONES[base64.charCodeAt(character)] ?? 0;
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
