/**
 * The YAML parser, for `await import("./yaml.ts")`: it costs 20 ms and most clusters' kubeconfigs here are JSON. A
 * module of ours stands between because a bundled CommonJS package, imported lazily, has no named exports.
 *
 * @module
 */
export { parseDocument } from "yaml";
