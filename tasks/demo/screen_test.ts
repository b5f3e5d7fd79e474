import { assertEquals } from "@std/assert";
import { renderTable, Screen } from "./screen.ts";

Deno.test("renderTable pads every column to its widest cell", () => {
  assertEquals(renderTable([["POD", "ADDRESS"], ["web-1", "10.0.0.1"], ["x"]]), [
    "POD    ADDRESS",
    "web-1  10.0.0.1",
    "x",
  ]);
});

Deno.test("a screen numbers its sections and remembers the checks that failed", () => {
  let text = "";
  const screen = new Screen({ write: (part) => text += part, colours: false });
  screen.section("First");
  screen.check(true, "this is so");
  screen.section("Second");
  screen.check(false, "this is not so");
  screen.command("echo hello", "hello\n");
  assertEquals(
    text,
    "\n1. First\n   ok  this is so\n\n2. Second\n   FAILED  this is not so\n   $ echo hello\n   hello\n",
  );
  assertEquals(screen.failures, ["this is not so"]);
  assertEquals(screen.checks, 2);
});

Deno.test("a screen uses colours only when it is told so", () => {
  let text = "";
  new Screen({ write: (part) => text += part, colours: true }).check(true, "so");
  assertEquals(text, "   \x1b[32mok\x1b[0m  so\n");
});
