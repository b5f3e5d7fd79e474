/** Inputs for fuzzing: documents in which some values are odd ones, decided by a seed. */
import { assert } from "@std/assert";
import { seededRandom } from "./seeded_random.ts";

/** Values that parsers stumble over, as JSON. */
const ODD_JSON = [
  ...["null", "true", "0", "-1", "0.5", "1e308", "1e999", "-0", `${"9".repeat(400)}`, `""`, `"x"`, "[]", "{}", "[[]]"],
  ...[
    `"${"x".repeat(5000)}"`,
    `"\\u0000"`,
    `"\\ud800"`,
    `"é"`,
    `"10.0.0.5"`,
    `"::1/0"`,
    `"1.0.0"`,
    `"0.3.1"`,
    "[null]",
  ],
  ...[`{"__proto__":null}`, `{"constructor":{}}`, `{"ip":"10.0.0.5/24"}`, `{"length":-1}`],
  ...["[", `{"a":`].map((open) => `${open.repeat(10_000)}1${(open === "[" ? "]" : "}").repeat(10_000)}`),
];

/** All that is random of one run, repeatable. */
export class Chance {
  readonly random: () => number;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  /** An integer from 0 up to the limit, which is not reached. */
  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  one<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)];
    assert(value !== undefined);
    return value;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}

/**
 * A document in which some values are odd ones, and some keys are missing.
 *
 * @param options.rate how many, from 0 to 1
 * @param options.odd values as JSON; default: what any parser stumbles over
 */
export function mutatedJson(
  chance: Chance,
  value: unknown,
  options: { rate: number; odd?: readonly string[] },
): string {
  const { rate, odd = ODD_JSON } = options;
  if (chance.random() < rate) return chance.one(odd);
  if (Array.isArray(value)) return `[${value.map((item) => mutatedJson(chance, item, options)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(() => chance.random() >= rate);
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${mutatedJson(chance, item, options)}`).join(",")}}`;
}
