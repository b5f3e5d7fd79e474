/**
 * `parseArgs` of `@std/cli` over `node:util`, because not every build network reaches JSR. Same name, signature and
 * meaning for what this repository uses (`tests/rules/std_types_test.ts` pins the types), so pointing `@std/cli` at
 * `jsr:@std/cli@^1.0.22` in `deno.json` is all that a switch takes. Not here: dotted names and `boolean: true`.
 *
 * @module
 */
import { parseArgs as nodeParseArgs } from "node:util";

/** Which flags there are and what they are. */
export interface ParseOptions<
  B extends string = string,
  S extends string = string,
  C extends string = string,
  D extends Record<string, unknown> = Record<string, unknown>,
> {
  /** Flags without value; false when absent. `--flag=false` is false. */
  boolean?: B | readonly B[];
  /** Flags with a text. */
  string?: S | readonly S[];
  /** Flags that may come several times; their values are a list, `[]` when absent. */
  collect?: C | readonly C[];
  /** Flags that `--no-<flag>` sets to false. */
  negatable?: string | readonly string[];
  /** Other names of flags, such as one-letter ones. The result has the values under all names. */
  alias?: Record<string, string | readonly string[]>;
  /** Values of flags that were not given. */
  default?: D;
  /** Everything after the first argument that is no flag goes to `_`. */
  stopEarly?: boolean;
  /** Is asked about each argument that is declared nowhere; false leaves it out of the result. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** What was given: the flags by name, the rest (numbers as numbers) in `_`. */
export type Args<
  B extends string = never,
  S extends string = never,
  C extends string = never,
  D extends Record<string, unknown> = Record<never, never>,
> =
  & { [name: string]: unknown; _: (string | number)[] }
  & { [K in Exclude<B, C>]: boolean }
  & { [K in Exclude<S, C | keyof D>]?: string }
  & { [K in Extract<Exclude<S, C>, keyof D>]: string | D[K] }
  & { [K in C]: K extends S ? string[] : unknown[] };

/** The options with every list a list, and the name each alias stands for. */
interface Flags {
  boolean: ReadonlySet<string>;
  string: ReadonlySet<string>;
  collect: ReadonlySet<string>;
  negatable: ReadonlySet<string>;
  /** Every name of a flag → all its names, the first one first. */
  names: ReadonlyMap<string, readonly string[]>;
}

/** An argument as `node:util` reads it; `value` undefined for a flag without one. */
type Token =
  | { kind: "option"; name: string; rawName: string; value: string | undefined; inline: boolean; index: number }
  | { kind: "positional"; value: string; index: number };

/**
 * Reads a command line: flags (`--name value`, `--name=value`, `-n value`) and, in `_`, what is no flag or follows
 * `--`. Values of undeclared flags and the arguments in `_` are numbers where they look like numbers.
 */
export function parseArgs<
  const B extends string = never,
  const S extends string = never,
  const C extends string = never,
  const D extends Record<string, unknown> = Record<never, never>,
>(args: string[], options: ParseOptions<B, S, C, D> = {}): Args<B, S, C, D> {
  const flags = flagsOf(options);
  const result: Record<string, unknown> & { _: (string | number)[] } = { _: [] };
  const unknown = options.unknown ?? ((): boolean => true);
  const { flagged, rest } = options.stopEarly === true
    ? untilFirstPositional(args, flags)
    : { flagged: args, rest: [] };
  const tokens = tokenize(flagged, flags);
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) continue;
    if (token.kind === "positional") {
      if (unknown(token.value) !== false) result._.push(numeric(token.value));
      continue;
    }
    const { name, value, usesNext } = valueOf(token, tokens[at + 1], flags);
    if (usesNext) at++;
    if (declared(name, flags) || unknown(token.rawName, name, value) !== false) assign(result, name, value, flags);
  }
  result._.push(...rest.map(numeric));
  setDefaults(result, options.default ?? {}, flags);
  return result as Args<B, S, C, D>;
}

function flagsOf(options: ParseOptions): Flags {
  const names = new Map<string, readonly string[]>();
  for (const [name, aliases] of Object.entries(options.alias ?? {})) {
    const all = [name, ...listOf(aliases)];
    for (const each of all) names.set(each, all);
  }
  const withAliases = (list: string | readonly string[] | undefined): Set<string> =>
    new Set(listOf(list).flatMap((name) => names.get(name) ?? [name]));
  return {
    boolean: withAliases(options.boolean),
    string: withAliases(options.string),
    collect: withAliases(options.collect),
    negatable: withAliases(options.negatable),
    names,
  };
}

function tokenize(args: string[], flags: Flags): Token[] {
  const options: Record<string, { type: "string" | "boolean"; short?: string }> = {};
  for (const [set, type] of [[flags.boolean, "boolean"], [flags.string, "string"]] as const) {
    for (const name of set) options[name] = name.length === 1 ? { type, short: name } : { type };
  }
  const { tokens } = nodeParseArgs({ args, options, strict: false, allowPositionals: true, tokens: true });
  return tokens.flatMap((token): Token[] => {
    if (token.kind === "option-terminator") return [];
    if (token.kind === "positional") return [{ kind: "positional", value: token.value, index: token.index }];
    const { name, rawName, value, index } = token;
    return [{ kind: "option", name, rawName, value, inline: token.inlineValue === true, index }];
  });
}

/** The flag's name and value, and whether the value is the argument that follows it. */
function valueOf(
  token: Token & { kind: "option" },
  next: Token | undefined,
  flags: Flags,
): { name: string; value: unknown; usesNext: boolean } {
  const { name, value } = token;
  const negated = name.startsWith("no-") ? name.slice(3) : undefined;
  if (negated !== undefined && value === undefined && flags.negatable.has(negated)) {
    return { name: negated, value: false, usesNext: false };
  }
  const following = next?.kind === "positional" && next.index === token.index + 1 ? next.value : undefined;
  if (flags.boolean.has(name)) {
    const usesNext = value === undefined && (following === "true" || following === "false");
    return { name, value: (usesNext ? following : value) !== "false", usesNext };
  }
  if (flags.string.has(name)) return { name, value: value ?? "", usesNext: false };
  if (value !== undefined) return { name, value: numeric(value), usesNext: false };
  if (following !== undefined) return { name, value: numeric(following), usesNext: true };
  return { name, value: true, usesNext: false };
}

function declared(name: string, flags: Flags): boolean {
  return flags.boolean.has(name) || flags.string.has(name) || flags.collect.has(name) || flags.names.has(name);
}

function assign(result: Record<string, unknown>, name: string, value: unknown, flags: Flags): void {
  for (const each of flags.names.get(name) ?? [name]) {
    const before = result[each];
    result[each] = flags.collect.has(each) ? [...(Array.isArray(before) ? before : []), value] : value;
  }
}

function setDefaults(result: Record<string, unknown>, defaults: Record<string, unknown>, flags: Flags): void {
  for (const [name, value] of Object.entries(defaults)) {
    for (const each of flags.names.get(name) ?? [name]) result[each] ??= value;
  }
  for (const name of flags.collect) result[name] ??= [];
  for (const name of flags.boolean) result[name] ??= false;
}

/** The arguments up to the first that is neither a flag nor a flag's value, and those from there on. */
function untilFirstPositional(args: string[], flags: Flags): { flagged: string[]; rest: string[] } {
  const tokens = tokenize(args, flags);
  const first = tokens.find((token, at) => {
    const before = tokens[at - 1];
    return token.kind === "positional" && !(before?.kind === "option" && valueOf(before, token, flags).usesNext);
  });
  const end = first === undefined ? args.length : args[first.index - 1] === "--" ? first.index - 1 : first.index;
  const rest = args.slice(end);
  return { flagged: args.slice(0, end), rest: rest[0] === "--" ? rest.slice(1) : rest };
}

function numeric(text: string): string | number {
  return /^(0x[0-9a-f]+|[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?)$/i.test(text) ? Number(text) : text;
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === "string" ? [value] : value;
}
