const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/**
 * Whether a bit of a legacy bitmap is set. Only the one character of the base64 text that holds the bit is decoded, so
 * the cost does not depend on the bitmap's size (1.4 MB of text for 8 million addresses).
 *
 * @param index of the bit, counted from 0, the most significant bit of the first byte; beyond the end = not set
 */
export function hasBit(base64: string, index: number): boolean {
  const digit = ALPHABET.indexOf(base64.charAt(Math.floor(index / 6)));
  return digit > 0 && (digit & (32 >> (index % 6))) !== 0;
}
