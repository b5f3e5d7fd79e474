/** Pairs under comparison, so that values which contain themselves end. */
type Seen = Map<object, object>;

/**
 * Deep equality with the rules of `@std/assert`: a key that is missing differs from one that is `undefined`,
 * `NaN` equals itself, `0` equals `-0`, sets and maps compare by content in any order, dates by time, an object
 * without prototype equals a plain one, and two objects of different classes never are equal.
 * Two errors must also agree in name and message.
 *
 * @throws {TypeError} for two WeakMaps or two WeakSets, which nobody can look into.
 */
export function equal(a: unknown, b: unknown): boolean {
  return compare(a, b, new Map());
}

function compare(a: unknown, b: unknown, seen: Seen): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (!sameClass(a, b)) return false;
  if (seen.get(a) === b) return true;
  seen.set(a, b);
  const special = compareSpecial(a, b, seen);
  return special !== false && (special === true || sameProperties(a, b, seen));
}

/** True or false for kinds of objects whose content is not in their properties, undefined where properties decide. */
function compareSpecial(a: object, b: object, seen: Seen): boolean | undefined {
  if (a instanceof WeakMap || a instanceof WeakSet) throw new TypeError(`cannot compare two ${a.constructor.name}s`);
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
  if ((a instanceof RegExp && b instanceof RegExp) || (a instanceof URL && b instanceof URL)) {
    return String(a) === String(b);
  }
  if (a instanceof Set && b instanceof Set) return sameEntries([...a], [...b], seen);
  if (a instanceof Map && b instanceof Map) return sameEntries([...a], [...b], seen);
  if (a instanceof WeakRef && b instanceof WeakRef) return compare(a.deref(), b.deref(), seen);
  if (a instanceof Error && b instanceof Error && (a.name !== b.name || a.message !== b.message)) return false;
  return undefined;
}

function sameClass(a: object, b: object): boolean {
  return (a.constructor ?? Object) === (b.constructor ?? Object);
}

/** Whether each entry of one list has a partner of its own in the other, whatever the order. */
function sameEntries(a: readonly unknown[], b: readonly unknown[], seen: Seen): boolean {
  if (a.length !== b.length) return false;
  const rest = [...b];
  return a.every((entry) => {
    const at = rest.findIndex((candidate) => compare(entry, candidate, new Map(seen)));
    if (at >= 0) rest.splice(at, 1);
    return at >= 0;
  });
}

function sameProperties(a: object, b: object, seen: Seen): boolean {
  const keys = ownKeys(a);
  if (keys.length !== ownKeys(b).length || lengthOf(a) !== lengthOf(b)) return false;
  return keys.every((key) =>
    Object.hasOwn(b, key) && compare(Reflect.get(a, key) as unknown, Reflect.get(b, key) as unknown, seen)
  );
}

/** The length of an array, so that `[,]` and `[]` differ; undefined for anything else. */
function lengthOf(value: object): number | undefined {
  return Array.isArray(value) ? value.length : undefined;
}

function ownKeys(value: object): PropertyKey[] {
  return Reflect.ownKeys(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key));
}
