/**
 * Rules of CONTRIBUTING.md about the text of a module: exports are documented, files are short, nothing is left for
 * later.
 *
 * @module
 */
import { isSupport } from "./layout.ts";

/** A file of the product has at most this many lines. */
export const MAX_LINES = 250;

type RuleContext = Deno.lint.RuleContext;
type Visitor = Deno.lint.LintVisitor;

/** Every name that a module exports has a JSDoc comment; of overloads, and of a schema and its type, one is enough. */
export function documentedExports(context: RuleContext, path: string): Visitor {
  if (path.endsWith("_test.ts")) return {};
  return {
    "Program:exit"(program): void {
      const exported = program.body.filter((node) => node.type === "ExportNamedDeclaration").flatMap((node) =>
        declaredNames(node.declaration).map((name) => ({ name, node, documented: isDocumented(node, context) }))
      );
      const documented = new Set(exported.filter((each) => each.documented).map(({ name }) => name));
      for (const { name, node } of exported) {
        if (documented.has(name)) continue;
        documented.add(name);
        context.report({ node, message: `${name} is exported without a JSDoc comment that says what it is` });
      }
    },
  };
}

/** A module of the product that grows beyond {@linkcode MAX_LINES} does more than one thing. */
export function fileLength(context: RuleContext, path: string): Visitor {
  if (isSupport(path)) return {};
  return {
    Program(node): void {
      const lines = context.sourceCode.text.trimEnd().split("\n").length;
      if (lines > MAX_LINES) {
        context.report({ node, message: `${lines} lines, ${MAX_LINES} are allowed: split the module` });
      }
    },
  };
}

/** Nothing is left for later in a comment: it is done, or an issue of the tracker. */
export function nothingForLater(context: RuleContext): Visitor {
  return {
    Program(): void {
      for (const comment of context.sourceCode.getAllComments()) {
        const mark = /\b(?:TODO|FIXME|XXX|HACK)\b/.exec(comment.value)?.[0];
        if (mark !== undefined) context.report({ range: comment.range, message: `${mark}: do it, or open an issue` });
      }
    },
  };
}

function declaredNames(declaration: Deno.lint.ExportNamedDeclaration["declaration"]): string[] {
  if (declaration === null) return [];
  if (declaration.type === "VariableDeclaration") {
    return declaration.declarations.flatMap(({ id }) => id.type === "Identifier" ? [id.name] : []);
  }
  const id = "id" in declaration ? declaration.id : null;
  return id?.type === "Identifier" ? [id.name] : [];
}

function isDocumented(node: Deno.lint.Node, { sourceCode }: RuleContext): boolean {
  const comment = sourceCode.getCommentsBefore(node).findLast(({ type, value }) =>
    type === "Block" && value.startsWith("*")
  );
  if (comment === undefined) return false;
  const between = sourceCode.text.slice(comment.range[1], node.range[0]);
  return between.replaceAll(/^\s*\/\/.*$/gm, "").trim() === "";
}
