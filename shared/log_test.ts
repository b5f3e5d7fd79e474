import { assert, assertEquals } from "@std/assert";
import { createLogger, fileSink, type Logger, type LogLevel, teeSink } from "./log.ts";

const now = (): Date => new Date("2026-01-02T03:04:05.678Z");

function recording(level: LogLevel = "debug"): { log: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger((line) => {
    assert(line.endsWith("\n") && line.indexOf("\n") === line.length - 1, `not one line: ${JSON.stringify(line)}`);
    lines.push(JSON.parse(line));
  }, { level, now });
  return { log, lines };
}

async function withDir(test: (dir: string) => Promise<void> | void): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "danm-log-" });
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a logger writes one JSON line an event and drops what is below its level", () => {
  const { log, lines } = recording("warn");
  log.debug("a");
  log.info("b");
  log.warn("several\nlines", { count: 2 });
  log.with({ pod: "default/web" }).error("d", { code: 11 });
  const time = "2026-01-02T03:04:05.678Z";
  assertEquals(lines, [
    { time, level: "warn", msg: "several\nlines", count: 2 },
    { time, level: "error", msg: "d", pod: "default/web", code: 11 },
  ]);
});

Deno.test("logging never fails its caller, whatever the fields are", () => {
  const { log, lines } = recording();
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  log.info("a bigint", { value: 1n });
  log.info("a cycle", { cycle });
  assertEquals(lines.map(({ msg, fields }) => [msg, fields]), [["a bigint", ["value"]], ["a cycle", ["cycle"]]]);
  assert(lines.every(({ fieldsError }) => typeof fieldsError === "string"));
});

Deno.test("fields do not take the place of time, level and message", () => {
  const { log, lines } = recording();
  log.info("message", { msg: "x", level: "y", time: "z" });
  assertEquals(lines, [{ time: now().toISOString(), level: "info", msg: "message" }]);
});

Deno.test("fileSink starts a new file at maxBytes and keeps one older one", () =>
  withDir((dir) => {
    const path = `${dir}/danm.log`;
    const sink = fileSink(path, {
      maxBytes: 30,
      onFailure: (error) => {
        throw error;
      },
    });
    for (let line = 0; line < 10; line++) sink(`line number ${line}\n`, "info");
    assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name).sort(), ["danm.log", "danm.log.1"]);
    assertEquals(Deno.readTextFileSync(`${path}.1`), "line number 6\nline number 7\nline number 8\n");
    assertEquals(Deno.readTextFileSync(path), "line number 9\n");
    assertEquals((Deno.statSync(path).mode ?? 0) & 0o007, 0);
  }));

Deno.test("a log file that cannot be written is reported once and fails nobody", () =>
  withDir((dir) => {
    const failures: unknown[] = [];
    const sink = fileSink(`${dir}/missing/danm.log`, { onFailure: (error) => failures.push(error) });
    sink("a\n", "info");
    sink("b\n", "info");
    assertEquals(failures.length, 1);
  }));

Deno.test("teeSink hands every line to all sinks", () => {
  const got: string[] = [];
  teeSink((line) => got.push(`1${line}`), (line, level) => got.push(`2${level}${line}`))("x\n", "warn");
  assertEquals(got, ["1x\n", "2warnx\n"]);
});

const LOG_MODULE = new URL("./log.ts", import.meta.url).href;

async function runScript(script: string): Promise<Deno.CommandOutput> {
  return await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", script],
    stdout: "piped",
    stderr: "piped",
  }).output();
}

Deno.test("processes that rotate one file at the same time lose no line", () =>
  withDir(async (dir) => {
    // Three files' worth of lines at most two files may keep: what is lost must be older than what is kept.
    const script = `import { fileSink } from ${JSON.stringify(LOG_MODULE)};
      const sink = fileSink(${JSON.stringify(`${dir}/danm.log`)}, { maxBytes: 20000, onFailure: (e) => { throw e; } });
      for (let i = 0; i < 1000; i++) sink(Deno.pid + " " + String(i).padStart(6, "0") + " xxxxxxxxxxxxxxxxxxxxxxx\\n", "info");`;
    const ends = await Promise.all([1, 2, 3].map(() => runScript(script)));
    for (const { code, stderr } of ends) assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
    const older = Deno.readTextFileSync(`${dir}/danm.log.1`);
    assert(older.length >= 20000, `a file of ${older.length} bytes was rotated before it was full`);
    const lines = (older + Deno.readTextFileSync(`${dir}/danm.log`)).trimEnd().split("\n");
    assert(lines.every((line) => /^\d+ \d{6} x{23}$/.test(line)), "lines of several processes were mixed");
  }));

Deno.test("stderrSink writes to stderr only, from its level on", async () => {
  const script = `import { createLogger, stderrSink } from ${JSON.stringify(LOG_MODULE)};
    const log = createLogger(stderrSink("warn"), { level: "debug" });
    log.info("quiet"); log.warn("loud"); log.error("louder");`;
  const { code, stdout, stderr } = await runScript(script);
  const lines = new TextDecoder().decode(stderr).trimEnd().split("\n").map((line) => JSON.parse(line).msg);
  assertEquals([code, stdout.length, lines], [0, 0, ["loud", "louder"]]);
});

Deno.test("a stderr that nobody reads any more is no reason to fail", async () => {
  const script = `import { createLogger, stderrSink } from ${JSON.stringify(LOG_MODULE)};
    Deno.stdin.readSync(new Uint8Array(1));
    const log = createLogger(stderrSink("warn"));
    for (let i = 0; i < 3; i++) log.error("into the void");
    await Deno.stdout.write(new TextEncoder().encode("went on"));`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", script],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await child.stderr.cancel();
  const writer = child.stdin.getWriter();
  await writer.write(new Uint8Array(1));
  await writer.close();
  const [stdout, status] = await Promise.all([new Response(child.stdout).text(), child.status]);
  assertEquals([status.code, stdout], [0, "went on"]);
});
