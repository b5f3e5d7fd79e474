const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const COMMA = 0x2c;

/** How much a JSON text may be made of. */
export interface JsonLimits {
  /** Of objects and lists within each other. */
  readonly levels: number;
  /** Members of objects and elements of lists, but for the first of each. */
  readonly commas: number;
}

/**
 * Whether a JSON text is made of more than that, seen before it is parsed. For eight megabytes of brackets `JSON.parse`
 * takes ten seconds, in which nothing else is answered; of eight megabytes of `{},` it makes two hundred.
 *
 * @param text in UTF-8; what is no JSON is for the parser to find
 */
export function exceeds(text: Uint8Array, limits: JsonLimits): boolean {
  let [depth, commas, inString] = [0, 0, false];
  for (let at = 0; at < text.length; at++) {
    const byte = text[at];
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) {
      inString = true;
    } else if (byte === COMMA) {
      if (++commas > limits.commas) return true;
    } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      if (++depth > limits.levels) return true;
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      depth--;
    }
  }
  return false;
}
