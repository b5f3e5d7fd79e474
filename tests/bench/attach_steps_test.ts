import { assertEquals, assertThrows } from "@std/assert";
import { countSteps, stepsOf } from "./attach_steps.ts";
import { type LoggedAdd, parseLog, summarizeSteps } from "./steps.ts";

const LAUNCHED_AT = Date.UTC(2030, 0, 1);
/** The clock of the log starts when the JavaScript does. */
const SCRIPT_MS = 20;

function line(
  fields: { msg: string; ms: number; endMs: number; method?: string; path?: string; argv?: string[] },
): string {
  return JSON.stringify({ time: new Date(LAUNCHED_AT + SCRIPT_MS + fields.endMs).toISOString(), ...fields });
}

function addWith({ patchMs }: { patchMs: number }): LoggedAdd {
  const request = (method: string, path: string, [ms, endMs]: [number, number]): string =>
    line({ msg: "request", method, path, ms, endMs });
  const command = (argv: string[], [ms, endMs]: [number, number]): string => line({ msg: "command", argv, ms, endMs });
  const text = [
    JSON.stringify({ time: new Date(LAUNCHED_AT).toISOString(), msg: "ADD" }),
    request("GET", "/api/v1/namespaces/default/pods/one", [35, 60]),
    request("GET", "/apis/danm.io/v1/clusternetworks/a", [5, 66]),
    request("POST", "/apis/danm.io/v1/danmips", [8, 75]),
    command(["nsenter", "--net=/run/netns/a", "ip", "-json", "link", "show"], [4, 72]),
    command(["/opt/cni/bin/macvlan"], [20, 96]),
    command(["nsenter", "--net=/run/netns/a", "sysctl", "-q"], [4, 101]),
    request("POST", "/apis/danm.io/v1/namespaces/default/danmeps", [9, 106]),
    command(["nsenter", "--net=/run/netns/a", "ip", "-batch", "-"], [6, 108]),
    request("PATCH", "/api/v1/namespaces/default/pods/one/status", [patchMs, 110 + patchMs]),
  ].join("\n");
  return { ...parseLog(`${text}\n`, LAUNCHED_AT), wholeMs: 140 + patchMs, cpuMs: 60 };
}

Deno.test("the steps of an ADD are read from its log, in milliseconds since it was launched", () => {
  const { steps, wholeMs, cpuMs, runs } = summarizeSteps([4, 5, 45].map((patchMs) => addWith({ patchMs })), stepsOf);
  assertEquals({ wholeMs, cpuMs, runs }, { wholeMs: 145, cpuMs: 60, runs: 3 });
  assertEquals(steps.map(({ startMs, endMs, ms }) => [startMs, endMs, ms].map(Math.round)), [
    [0, 20, 20],
    [20, 45, 25],
    [45, 80, 35],
    [81, 86, 5],
    [87, 95, 8],
    [96, 116, 20],
    [117, 128, 11],
    [117, 126, 9],
    [130, 135, 5],
    [135, 145, 10],
  ]);
});

Deno.test("a request that takes over 30 ms is a stall, unless it is the one that connects", () => {
  const counted = countSteps([4, 45, 5].map((patchMs) => addWith({ patchMs })));
  assertEquals(counted, { requests: 5, requestsInSequence: 5, commands: 4, delegates: 1, stalled: 1, runs: 3 });
});

Deno.test("a log that is not of level debug is refused", () => {
  assertThrows(
    () => parseLog('{"time":"2030-01-01T00:00:00.000Z","msg":"attached"}\n', LAUNCHED_AT),
    Error,
    "level debug",
  );
  assertEquals(addWith({ patchMs: 5 }).scriptMs, SCRIPT_MS);
});
