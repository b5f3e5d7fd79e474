import { assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { enter, IpBatchError, type IpCommand, runIpBatch } from "./ip_batch.ts";
import { CommandError, createRun, type Run, type RunOptions } from "./run.ts";

const run = createRun();

interface Call {
  readonly argv: readonly string[];
  readonly options: RunOptions | undefined;
}

function recording(answer: () => Promise<string>): { run: Run; calls: Call[] } {
  const calls: Call[] = [];
  return {
    calls,
    run: (argv, options) => {
      calls.push({ argv, options });
      return answer();
    },
  };
}

const failing = (stderr: string, code = 1): Promise<string> =>
  Promise.reject(new CommandError(["ip"], { code, stdout: "", stderr }));

async function failuresOf(stderr: string, commands: readonly IpCommand[]): Promise<unknown> {
  const { run } = recording(() => failing(stderr));
  return (await assertRejects(() => runIpBatch(run, commands, { force: true }), IpBatchError)).failures;
}

Deno.test("a batch is one process, in the namespace, with what was asked for", async () => {
  const { run, calls } = recording(() => Promise.resolve("out"));
  const commands = [["link", "show", "dev", "lo"], ["addr", "replace", "2001:db8::1/64", "dev", "eth0", "nodad"]];
  assertEquals(await runIpBatch(run, commands, { netns: "/run/netns/a", force: true, json: true }), "out");
  assertEquals(await runIpBatch(run, commands, { family: 6, json: true, numeric: true }), "out");
  assertEquals(calls.map(({ argv }) => argv), [
    ["nsenter", "--net=/run/netns/a", "ip", "-json", "-details", "-force", "-batch", "-"],
    ["ip", "-6", "-json", "-details", "-N", "-batch", "-"],
  ]);
  assertEquals(calls[0]?.options?.stdin, "link show dev lo\naddr replace 2001:db8::1/64 dev eth0 nodad\n");
});

Deno.test("a batch without commands starts nothing", async () => {
  const { run, calls } = recording(() => Promise.resolve("out"));
  assertEquals([await runIpBatch(run, []), calls.length], ["", 0]);
});

Deno.test("words that ip(8) would read as several, or as none, are refused before anything runs", async () => {
  for (const word of ["", " ", "a b", "a\nlink del eth0", "a\tb", `a"b`, "a'b", "a\\", "a#b", "\u00a0"]) {
    const { run, calls } = recording(() => Promise.resolve(""));
    await assertRejects(() => runIpBatch(run, [["link", "show"], ["link", "show", "dev", word]]), TypeError);
    assertEquals(calls.length, 0);
  }
});

Deno.test("words with characters that mean nothing to ip(8) go through", async () => {
  const words = ["eth0~x", "a;b", "$x", "é", "a.b", "*"];
  const { run, calls } = recording(() => Promise.resolve(""));
  await runIpBatch(run, [words]);
  assertEquals(calls[0]?.options?.stdin, `${words.join(" ")}\n`);
});

Deno.test("failures are told apart by the line that ip(8) names", async (t) => {
  const commands = [["link", "show", "dev", "a"], ["link", "show", "dev", "b"], ["link", "show", "dev", "c"]];
  const cases: { name: string; stderr: string; failures: [number, string][] }[] = [
    {
      name: "one",
      stderr: `Device "b" does not exist.\nCommand failed -:2\n`,
      failures: [[1, `Device "b" does not exist.`]],
    },
    {
      name: "several, one with a long reason, one with none",
      stderr: "Error: one.\nUsage: two\n\nCommand failed -:1\nCommand failed -:3\n",
      failures: [[0, "Error: one. Usage: two"], [2, "no reason given"]],
    },
    {
      name: "a warning of a command that succeeded stays with the next failure, as ip(8) does not say whose it is",
      stderr: "Warning: w\nRTNETLINK answers: File exists\nCommand failed -:3\n",
      failures: [[2, "Warning: w RTNETLINK answers: File exists"]],
    },
  ];
  for (const { name, stderr, failures } of cases) {
    await t.step(name, async () => {
      const expected = failures.map(([index, reason]) => ({ index, command: commands[index]?.join(" "), reason }));
      assertEquals(await failuresOf(stderr, commands), expected);
    });
  }
});

Deno.test("a failure that names no command of the batch is passed on as it is", async () => {
  for (
    const stderr of [
      "",
      "nsenter: cannot open /x: No such file or directory\n",
      "Command failed -:9\n",
      "Command failed -:0\n",
    ]
  ) {
    const { run } = recording(() => failing(stderr));
    const error = await assertRejects(() => runIpBatch(run, [["link", "show"]]), CommandError);
    assertEquals(error.stderr, stderr);
  }
  const aborted = new DOMException("late", "TimeoutError");
  const { run } = recording(() => Promise.reject(aborted));
  assertEquals(await assertRejects(() => runIpBatch(run, [["link", "show"]]), DOMException), aborted);
});

Deno.test("enter names the namespace by its path", () => {
  assertEquals([enter(undefined), enter("/proc/7/ns/net")], [[], ["nsenter", "--net=/proc/7/ns/net"]]);
});

/** Only looks at links, so needs no rights. */
const hasIp = await run(["ip", "-V"]).then(() => true, () => false);

Deno.test({
  name: "the real ip(8): with force all failures are named and the rest is done; without, the first ends it",
  ignore: !hasIp,
  async fn(): Promise<void> {
    const commands = ["danm-none1", "lo", "danm-none2", "lo"].map((name) => ["link", "show", "dev", name]);
    const all = await assertRejects(() => runIpBatch(run, commands, { force: true, json: true }), IpBatchError);
    assertEquals(all.failures.map(({ index, command }) => [index, command]), [
      [0, "link show dev danm-none1"],
      [2, "link show dev danm-none2"],
    ]);
    assertStringIncludes(all.message, "`ip link show dev danm-none1`: ");
    assertStringIncludes(all.failures[0]?.reason ?? "", "does not exist");
    assertInstanceOf(all.cause, CommandError);
    assertEquals(all.cause.stdout.match(/"ifname":"lo"/g)?.length, 2);

    const first = await assertRejects(() => runIpBatch(run, commands), IpBatchError);
    assertEquals(first.failures.map(({ index }) => index), [0]);
  },
});
