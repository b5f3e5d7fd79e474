/**
 * Rules of ARCHITECTURE.md that one file alone can break, as a `deno lint` plugin: what pure modules may touch, who
 * reads the environment, who runs commands. Rules about several files are in `tests/rules/imports_test.ts`.
 *
 * @module
 */
import { ROOT } from "../support/root.ts";
import { isPure, isSupport } from "./layout.ts";
import { documentedExports, fileLength, nothingForLater } from "./text_rules.ts";

/** Globals through which a pure module would see or change something but its arguments. */
const IMPURE = new Set([
  ...["Deno", "process", "console", "performance", "crypto", "fetch", "globalThis", "self", "window"],
  ...["setTimeout", "setInterval", "queueMicrotask", "localStorage", "alert", "confirm", "prompt", "WebSocket"],
]);

/** What of `Deno` only a `main.ts` may use: it alone reads flags and environment and sets the exit code. */
const ENTRY_ONLY = new Set(["env", "args", "exit", "exitCode", "mainModule"]);

/** What of `Deno` only `shared/host` may use. */
const COMMANDS = new Set(["Command", "run", "spawn", "spawnAndWait", "spawnAndWaitSync"]);

/** Modules of Node that are another way to the same. */
const NODE_EQUIVALENTS = new Map([["node:child_process", "commands"], ["node:process", "environment"]]);

type Visitor = Deno.lint.LintVisitor;

/** A pure module uses no clock, environment, log, network, randomness or other state of the world. */
function pure(context: Deno.lint.RuleContext): Visitor {
  const path = relative(context.filename);
  if (!isPure(path)) return {};
  const report = (node: Deno.lint.Node, what: string): void =>
    context.report({ node, message: `${path} is a pure module and uses ${what}; hand the value in as an argument` });
  return {
    Identifier(node): void {
      if (IMPURE.has(node.name) && isReference(node)) report(node, node.name);
    },
    MemberExpression(node): void {
      const [object, property] = [nameOf(node.object), nameOf(node.property)];
      if (object === "Date" && property === "now") report(node, "Date.now");
      if (object === "Math" && property === "random") report(node, "Math.random");
    },
    NewExpression(node): void {
      if (nameOf(node.callee) === "Date" && node.arguments.length === 0) report(node, "new Date()");
    },
  };
}

/** Only `main.ts` reads environment and arguments, and ends the process. */
function environment(context: Deno.lint.RuleContext): Visitor {
  const path = relative(context.filename);
  if (isSupport(path) || path.endsWith("/main.ts")) return {};
  return forbid(context, ENTRY_ONLY, { kind: "environment", advice: "only a main.ts does; hand the value in" });
}

/** Only `shared/host` runs commands. */
function commands(context: Deno.lint.RuleContext): Visitor {
  const path = relative(context.filename);
  if (isSupport(path) || path.startsWith("shared/host/")) return {};
  return forbid(context, COMMANDS, { kind: "commands", advice: "only shared/host runs commands; use its functions" });
}

function forbid(
  context: Deno.lint.RuleContext,
  names: ReadonlySet<string>,
  { kind, advice }: { kind: string; advice: string },
): Visitor {
  const report = (node: Deno.lint.Node, what: string): void => context.report({ node, message: `${what}: ${advice}` });
  return {
    Identifier(node): void {
      if (node.name === "process" && kind === "environment" && isReference(node)) report(node, "process");
      if (node.name !== "Deno" || !isReference(node)) return;
      const parent = node.parent;
      if (parent.type === "TSQualifiedName") return;
      if (parent.type !== "MemberExpression" || parent.computed) return report(node, "Deno under another name");
      const member = nameOf(parent.property) ?? "";
      if (names.has(member)) report(parent, `Deno.${member}`);
    },
    ImportDeclaration(node): void {
      if (NODE_EQUIVALENTS.get(node.source.value) === kind) report(node, node.source.value);
    },
    ImportExpression(node): void {
      const source = node.source.type === "Literal" ? String(node.source.value) : "";
      if (NODE_EQUIVALENTS.get(source) === kind) report(node, source);
    },
  };
}

/** Whether a name stands for a variable, not for a property, a key or a part of a type. */
function isReference(node: Deno.lint.Identifier): boolean {
  const parent = node.parent;
  if (parent.type === "MemberExpression") return parent.object === node || parent.computed;
  if (parent.type === "Property") return parent.value === node;
  return !parent.type.startsWith("TS") && parent.type !== "PropertyDefinition" && parent.type !== "MethodDefinition";
}

function nameOf(node: Deno.lint.Node): string | undefined {
  if (node.type === "Identifier") return node.name;
  return node.type === "Literal" && typeof node.value === "string" ? node.value : undefined;
}

function relative(filename: string): string {
  return filename.startsWith(`${ROOT}/`) ? filename.slice(ROOT.length + 1) : filename;
}

const plugin: Deno.lint.Plugin = {
  name: "danm",
  rules: {
    "pure": { create: pure },
    "environment-in-main": { create: environment },
    "commands-in-host": { create: commands },
    "documented-exports": { create: (context) => documentedExports(context, relative(context.filename)) },
    "file-length": { create: (context) => fileLength(context, relative(context.filename)) },
    "nothing-for-later": { create: nothingForLater },
  },
};

export default plugin;
