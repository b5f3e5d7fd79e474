/** The value of a field that is written with dots, `spec.Options.vlan`; undefined where there is none. */
export function valueAt(object: unknown, field: string): unknown {
  return field.split(".").reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? (value as Record<string, unknown>)[key]
        : undefined,
    object,
  );
}
