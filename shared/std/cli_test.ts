import { assertEquals } from "./assert.ts";
import { parseArgs } from "./cli.ts";

Deno.test("parseArgs", async (t) => {
  const options = {
    string: ["out", "label"],
    boolean: ["force", "color"],
    collect: ["label"],
    negatable: ["color"],
    alias: { out: "o", force: "f" },
    default: { color: true },
  } as const;
  const none = { _: [], label: [], force: false, f: false, color: true };
  const cases: { name: string; args: string[]; parsed: Record<string, unknown> }[] = [
    { name: "gives defaults for no arguments", args: [], parsed: none },
    { name: "takes a value from the next argument", args: ["--out", "a"], parsed: { ...none, out: "a", o: "a" } },
    { name: "takes a value behind =", args: ["--out=a=b"], parsed: { ...none, out: "a=b", o: "a=b" } },
    { name: "keeps numbers of declared flags as text", args: ["--out", "12"], parsed: { ...none, out: "12", o: "12" } },
    { name: "knows aliases", args: ["-f", "-o", "x"], parsed: { ...none, force: true, f: true, out: "x", o: "x" } },
    { name: "collects", args: ["--label", "a", "--label=b"], parsed: { ...none, label: ["a", "b"] } },
    { name: "negates", args: ["--no-color"], parsed: { ...none, color: false } },
    { name: "reads the text of a boolean", args: ["--force=false"], parsed: none },
    {
      name: "leaves arguments after a boolean alone",
      args: ["--force", "x"],
      parsed: { ...none, force: true, f: true, _: ["x"] },
    },
    { name: "gives the rest in _", args: ["a", "1", "--", "--force"], parsed: { ...none, _: ["a", 1, "--force"] } },
    {
      name: "guesses undeclared flags",
      args: ["--n", "3", "--b", "--s=t"],
      parsed: { ...none, n: 3, b: true, s: "t" },
    },
  ];
  for (const { name, args, parsed } of cases) {
    await t.step(name, () => assertEquals<Record<string, unknown>>(parseArgs(args, options), parsed));
  }
});

Deno.test("parseArgs asks about undeclared flags and leaves refused ones out", () => {
  const asked: unknown[] = [];
  const parsed = parseArgs(["--known", "k", "--other=1", "word"], {
    string: ["known"],
    unknown: (arg, key, value) => {
      asked.push([arg, key, value]);
      return false;
    },
  });
  assertEquals<Record<string, unknown>>(parsed, { _: [], known: "k" });
  assertEquals(asked, [["--other", "other", 1], ["word", undefined, undefined]]);
});

Deno.test("parseArgs stops at the first argument that is no flag", () => {
  const options = { boolean: ["force"], string: ["out"], stopEarly: true } as const;
  assertEquals<Record<string, unknown>>(parseArgs(["--out", "x", "run", "--force"], options), {
    _: ["run", "--force"],
    force: false,
    out: "x",
  });
  assertEquals<Record<string, unknown>>(parseArgs(["--force", "--", "--out", "x"], options), {
    _: ["--out", "x"],
    force: true,
  });
});
