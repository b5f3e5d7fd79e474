import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { waitFor } from "../../tests/support/wait.ts";
import { CommandError, createRun } from "./run.ts";

const run = createRun();

async function failureOf(work: Promise<unknown>): Promise<CommandError> {
  return await assertRejects(() => work, CommandError);
}

Deno.test("run answers stdout", async () => {
  assertEquals(await run(["printf", "%s", "a b\n'c'"]), "a b\n'c'");
});

Deno.test("what a command that succeeds writes to stderr is told, and nothing where that is nothing", async () => {
  const told: string[] = [];
  const onStderr = (text: string): void => void told.push(text);
  for (const script of ["echo out; echo careful >&2", "echo out"]) {
    assertEquals(await run(["sh", "-c", script], { onStderr }), "out\n");
  }
  await failureOf(run(["sh", "-c", "echo no >&2; exit 1"], { onStderr }));
  assertEquals(told, ["careful\n"]);
});

Deno.test("arguments reach the command as they are: there is no shell", async () => {
  const words = ["$HOME", "a;b", "`id`", "*", ""];
  assertEquals(await run(["printf", "[%s]", ...words]), words.map((word) => `[${word}]`).join(""));
});

Deno.test("a command that fails tells its code and both outputs", async () => {
  const error = await failureOf(run(["sh", "-c", "echo out; echo one >&2; echo two >&2; exit 3"]));
  assertEquals([error.code, error.stdout, error.stderr], [3, "out\n", "one\ntwo\n"]);
  assertStringIncludes(error.message, "failed with exit code 3: one; two");
});

Deno.test("without stderr the message has the beginning of stdout", async () => {
  const error = await failureOf(run(["sh", "-c", `printf '%s' '{"code":7}'; exit 1`]));
  assertStringIncludes(error.message, `exit code 1: {"code":7}`);
});

Deno.test("a command that is killed by another has the code of the signal", async () => {
  assertEquals((await failureOf(run(["sh", "-c", "kill -TERM $$"]))).code, 143);
});

Deno.test("a missing executable fails with code 127 and names the search path", async () => {
  const error = await failureOf(createRun("/nonexistent")(["ls"]));
  assertEquals(error.code, 127);
  assertStringIncludes(error.message, "no executable ls in PATH /nonexistent");
});

Deno.test("a file that may not be executed, and an empty command, fail with code 127", async () => {
  assertEquals((await failureOf(run(["/etc/hostname"]))).code, 127);
  assertEquals((await failureOf(run([]))).code, 127);
  assertEquals((await failureOf(run(["printf", "a\0b"]))).code, 127);
});

Deno.test("the environment is exactly what the caller gives, and PATH and LC_ALL", async () => {
  const names = async (env: Record<string, string>): Promise<string[]> =>
    (await run(["env"], { env })).trimEnd().split("\n").sort();
  assertEquals(await names({ CNI_COMMAND: "ADD" }), [
    "CNI_COMMAND=ADD",
    "LC_ALL=C",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  ]);
  assert(!(await names({})).some((line) => line.startsWith("HOME=")));
});

Deno.test("stdin reaches the command", async () => {
  const text = "ä".repeat(200_000);
  assertEquals(await run(["cat"], { stdin: text }), text);
  assertEquals(await run(["cat"], { stdin: "" }), "");
  assertEquals(await run(["cat"]), "");
});

Deno.test("a command that does not read its stdin decides by its exit code", async () => {
  const stdin = "x".repeat(1_000_000);
  assertEquals(await run(["true"], { stdin }), "");
  assertEquals((await failureOf(run(["false"], { stdin }))).code, 1);
});

Deno.test("aborting kills a command that ignores other signals, and rejects with the reason", async () => {
  const controller = new AbortController();
  const dir = await Deno.makeTempDir({ prefix: "danm-run-" });
  try {
    const work = run(["sh", "-c", `trap '' TERM INT; echo $$ > ${dir}/pid; while :; do sleep 0.05; done`], {
      signal: controller.signal,
    });
    const pid = await waitFor("the command to start", () => Number(Deno.readTextFileSync(`${dir}/pid`)) || undefined);
    const reason = new DOMException("too late", "TimeoutError");
    controller.abort(reason);
    const error = await assertRejects(() => work, DOMException);
    assertEquals(error, reason);
    assertEquals(await isAlive(pid), false);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("aborting also kills what the command started, which would hold the pipes open", async () => {
  const controller = new AbortController();
  const dir = await Deno.makeTempDir({ prefix: "danm-run-" });
  try {
    const script = `sleep 600 & echo $! > ${dir}/pid; wait`;
    const work = run(["sh", "-c", script], { signal: controller.signal });
    const pid = await waitFor("the command to start", () => Number(Deno.readTextFileSync(`${dir}/pid`)) || undefined);
    controller.abort(new DOMException("too late", "TimeoutError"));
    const early = await Promise.race([
      assertRejects(() => work, DOMException).then(() => true),
      new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), 5000);
        Deno.unrefTimer(timer);
      }),
    ]);
    if (await isAlive(pid)) Deno.kill(pid, "SIGKILL");
    assertEquals(early, true);
    await work.catch(() => undefined);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("aborting works for a process that may run some commands only, as the installer", async () => {
  const module = JSON.stringify(import.meta.resolve("./run.ts"));
  const script = `
    const { createRun } = await import(${module});
    const signal = AbortSignal.timeout(300);
    const [why] = await Promise.all([createRun()(["sleep", "61"], { signal }).catch(({ name }) => name)]);
    // Also when it has ended already, with its pipes still held.
    const held = createRun()(["sh", "-c", "sleep 2 & echo $!"], { signal: AbortSignal.timeout(300) });
    console.log(why, await held.catch(({ name }) => name));`;
  const permissions = ["--allow-read", "--allow-run=sleep,sh"];
  const argv = [Deno.execPath(), "run", "--quiet", "--no-config", "--no-prompt", ...permissions, "--ext=ts", "-"];
  assertEquals(await run(argv, { stdin: script }), "TimeoutError TimeoutError\n");
});

Deno.test("aborting does not wait for what the command started in a group of its own, which holds the pipes", async () => {
  for (const stdin of [undefined, "x".repeat(5_000_000)]) {
    // It says who it is when it is in its group, not before.
    const script = `setsid sh -c 'printf %s $$ >"$0"; exec sleep 600' "$0" &`;
    const file = await Deno.makeTempFile();
    const controller = new AbortController();
    const work = run(["sh", "-c", script, file], { signal: controller.signal, ...(stdin !== undefined && { stdin }) });
    const pid = await waitFor("the command to end", () => Number(Deno.readTextFileSync(file)) || undefined);
    controller.abort(new DOMException("too late", "TimeoutError"));
    await assertRejects(() => work, DOMException, "too late");
    assertEquals(await isAlive(pid), true, "it was not waited for");
    Deno.kill(pid, "SIGKILL");
    await Deno.remove(file);
  }
});

Deno.test("a command that does not stop printing is killed", async () => {
  for (const script of ["yes", "yes >&2"]) {
    const { code, stderr } = await failureOf(run(["sh", "-c", script]));
    assertEquals([code, stderr], [137, "it printed more than 67108864 bytes"]);
  }
});

Deno.test("aborting while much stdin is not read ends the command, too", async () => {
  const controller = new AbortController();
  const work = run(["sleep", "600"], { stdin: "x".repeat(5_000_000), signal: controller.signal });
  controller.abort(new DOMException("stop", "AbortError"));
  await assertRejects(() => work, DOMException, "stop");
});

Deno.test("nothing is started for a signal that has aborted already", async () => {
  const dir = await Deno.makeTempDir({ prefix: "danm-run-" });
  try {
    const signal = AbortSignal.abort(new DOMException("over", "AbortError"));
    await assertRejects(() => run(["touch", `${dir}/started`], { signal }), DOMException, "over");
    assertEquals([...Deno.readDirSync(dir)], []);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

/** Whether a process is there and has not ended; one that ended and waits for init does not count. */
async function isAlive(pid: number): Promise<boolean> {
  return await run(["cat", `/proc/${pid}/status`]).then((text) => !/^State:\s+[ZX]/m.test(text), () => false);
}
