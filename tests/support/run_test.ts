import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CommandFailed, run, start } from "./run.ts";

Deno.test("run feeds the input and gives output, errors and code apart", async () => {
  const result = await run(["sh", "-c", "cat; echo oops >&2; exit 3"], { stdin: "hello", check: false });
  assertEquals(result, { code: 3, stdout: "hello", stderr: "oops\n" });
});

Deno.test("run names the command, its code and what it said", async () => {
  const error = await assertRejects(() => run(["sh", "-c", "echo because >&2; exit 4"]), CommandFailed);
  assertStringIncludes(error.message, "exit code 4: because");
});

Deno.test("run says which program is missing", async () => {
  const error = await assertRejects(() => run(["no-such-program"]), CommandFailed);
  assertStringIncludes(error.message, "no-such-program is not installed");
});

Deno.test("run survives a command that does not read its input", async () => {
  const result = await run(["true"], { stdin: "x".repeat(1_000_000) });
  assertEquals(result.code, 0);
});

Deno.test("run kills a command that takes too long, with what it started", async () => {
  const error = await assertRejects(
    () => run(["sh", "-c", "sleep 100 & echo $!; wait"], { timeoutMs: 200 }),
    CommandFailed,
  );
  assertStringIncludes(error.reason, "killed after 200 ms");
  const child = error.result?.stdout.trim() ?? "";
  const state = await Deno.readTextFile(`/proc/${child}/stat`).catch(() => "gone");
  // A killed orphan may stay a zombie for as long as nobody reaps it.
  assertEquals(state === "gone" || state.includes(") Z "), true, state);
});

Deno.test("start gives the pid of the command and kills it alone", async () => {
  const command = start(["sleep", "100"]);
  assertEquals((await Deno.readTextFile(`/proc/${command.pid}/comm`)).trim(), "sleep");
  await command.kill();
  assertEquals((await command.result).code, 137);
});
