/** Modules that are pure although their names do not say so, because pure ones build on them. */
const PURE_BY_DECLARATION = new Set([
  "cni/host_parent.ts",
  "ipam/bitmap.ts",
  "ipam/inspect.ts",
  "ipam/inspect_runs.ts",
  "ipam/inspect_summary.ts",
  "ipam/next_dynamic.ts",
  "ipam/parse_option.ts",
  "ipam/parse_pool.ts",
  "ipam/parse_static.ts",
  "ipam/reserved_reason.ts",
  "ipam/subnet.ts",
  "shared/errors.ts",
  "webhook/certificates/situation.ts",
  "webhook/certificates/validity.ts",
  "webhook/tenants/network_use.ts",
  "webhook/tenants/tenancy.ts",
]);

/**
 * Whether a module must be pure: `plan*.ts`, `allocate*.ts`, `validate*.ts`, `render*.ts`, all of `shared/schema/`, and
 * a few by declaration.
 *
 * @param path relative to the repository
 */
export function isPure(path: string): boolean {
  if (isSupport(path)) return false;
  return path.startsWith("shared/schema/") || PURE_BY_DECLARATION.has(path) ||
    /(^|\/)(plan|allocate|validate|render)[^/]*\.ts$/.test(path);
}

/** Whether a module is no part of the product: tests and what they need, tasks, benchmarks. */
export function isSupport(path: string): boolean {
  return /^(tests|tasks)\//.test(path) || /_(test|bench)\.ts$/.test(path);
}
