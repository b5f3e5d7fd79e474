/** Texts from outside, some of them megabytes, are shown up to this length, in UTF-16 units. */
const MAX_LENGTH = 256;

/**
 * A value from outside for a message: texts in quotes and cut, lists and objects by what they are. Never throws, however
 * large the value is or however deep.
 */
export function quote(value: unknown): string {
  if (typeof value === "string") {
    return value.length <= MAX_LENGTH ? JSON.stringify(value) : `${JSON.stringify(value.slice(0, MAX_LENGTH))}…`;
  }
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
