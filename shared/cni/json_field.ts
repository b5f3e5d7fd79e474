import { CniError, type ErrorCode } from "../errors.ts";
import { quote } from "./quote.ts";

/** Where a value of a document stands, and the code of errors about it. */
export interface FieldPlace {
  /** The document: `configuration`, `result of macvlan`. */
  readonly subject: string;
  /** Path in the document as users write it: `prevResult.ips[0]`; empty for the document itself. */
  readonly path: string;
  readonly code: ErrorCode;
}

/**
 * A value of a decoded JSON document that knows its place, so that whatever is wrong with it is told by its name. Does
 * without zod, because loading that costs every start of a plugin milliseconds.
 */
export class JsonField {
  readonly value: unknown;
  readonly place: FieldPlace;

  constructor(value: unknown, place: FieldPlace) {
    this.value = value;
    this.place = place;
  }

  /**
   * The value of a key; undefined when it is absent or null.
   *
   * @throws {CniError} when this is no object
   */
  find(key: string): JsonField | undefined {
    const { value, place } = this;
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw this.wrong("must be an object");
    const found: unknown = Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
    if (found === undefined || found === null) return undefined;
    return new JsonField(found, { ...place, path: place.path === "" ? key : `${place.path}.${key}` });
  }

  /** @throws {CniError} when this is no object, or has no such key */
  get(key: string): JsonField {
    const found = this.find(key);
    if (found === undefined) throw this.#error(`${key} is missing`);
    return found;
  }

  /** @throws {CniError} when this is no list */
  items(): JsonField[] {
    const { value, place } = this;
    if (!Array.isArray(value)) throw this.wrong("must be a list");
    return value.map((item: unknown, index) => new JsonField(item, { ...place, path: `${place.path}[${index}]` }));
  }

  /** @throws {CniError} when this is no text */
  text(): string {
    if (typeof this.value === "string") return this.value;
    throw this.wrong("must be a text");
  }

  /** @throws {CniError} when this is no text, or an empty one */
  nonEmptyText(): string {
    const text = this.text();
    if (text === "") throw this.wrong("must not be empty");
    return text;
  }

  /** @throws {CniError} when this is no whole number */
  integer(): number {
    if (typeof this.value === "number" && Number.isSafeInteger(this.value)) return this.value;
    throw this.wrong("must be a whole number");
  }

  /** @throws {CniError} when this is no whole number, or a negative one */
  unsigned(): number {
    const number = this.integer();
    if (number < 0) throw this.wrong("must not be negative");
    return number;
  }

  /** An error about this field, to be thrown: `configuration: prevResult.ips: must be a list, not "x"`. */
  wrong(reason: string): CniError {
    return this.#error(`${reason}, not ${quote(this.value)}`);
  }

  #error(text: string): CniError {
    const { subject, path, code } = this.place;
    return new CniError(code, path === "" ? `${subject}: ${text}` : `${subject}: ${path}: ${text}`);
  }
}
