import { EXECUTABLE_FOLDERS } from "../../tasks/components.ts";
import { isPure, isSupport } from "../../tasks/lint/layout.ts";
import type { Import, Module } from "./module_graph.ts";

/** Packages that pure modules may use. */
const PURE_PACKAGES = /^npm:\/?(zod|ipaddr\.js)(@|\/|$)/;

/**
 * Everything in a repository that breaks the import rules of ARCHITECTURE.md, one line each.
 *
 * @param modules all modules of the repository
 */
export function findBrokenRules(modules: readonly Module[]): string[] {
  const broken = modules.flatMap((module) => module.imports.flatMap((imported) => judge(module.path, imported)));
  return [...new Set([...broken, ...findCycles(modules)])].sort();
}

function judge(path: string, { target, dynamic, typeOnly }: Import): string[] {
  if (isSupport(path)) return [];
  const says = (rule: string): string[] => [`${path} imports ${target}: ${rule}`];
  const folder = executableOf(path);
  const other = executableOf(target);
  if (isSupport(target)) return says("the product uses nothing of tests/ and tasks/");
  if (target.startsWith("../")) return says("it is outside the repository");
  if (other !== undefined && other !== folder) {
    return says("executables and what they share never import an executable");
  }
  if (folder !== undefined && isOwn(target) && !/^(shared|ipam)\//.test(target) && other === undefined) {
    return says("executables import ipam/, shared/ and themselves only");
  }
  if (path.startsWith("shared/") && target.startsWith("ipam/")) return says("shared/ stands below ipam/");
  if (isPure(path) && !typeOnly && !isPure(target) && !PURE_PACKAGES.test(target)) {
    return says("a pure module imports pure modules, zod and ipaddr.js only");
  }
  if (dynamic && target.startsWith("npm:")) {
    return says("import a package lazily through a module of ours; a bundled CommonJS package has no named exports");
  }
  return [];
}

function executableOf(path: string): string | undefined {
  return EXECUTABLE_FOLDERS.find((folder) => path.startsWith(`${folder}/`));
}

function isOwn(target: string): boolean {
  return !/^[a-z]+:/.test(target);
}

/** One line for each import that closes a circle. */
function findCycles(modules: readonly Module[]): string[] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) cycles.push(`cycle: ${[...trail.slice(at), path].join(" → ")}`);
    if (at >= 0 || done.has(path)) return;
    for (const { target } of byPath.get(path)?.imports ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const { path } of modules) visit(path, []);
  return cycles;
}
