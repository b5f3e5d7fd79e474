import { assert, assertEquals } from "@std/assert";
import { Chance, mutatedJson } from "../../tests/support/odd_json.ts";
import { ErrorCode } from "../errors.ts";
import { parseCniArgs } from "./cni_args.ts";
import type { CniResult } from "./cni_result.ts";
import { CNI_VERSIONS } from "./cni_version.ts";
import { readIpRequests } from "./ip_requests.ts";
import { type PluginIo, runPlugin, type VerbRequest, type Verbs } from "./plugin.ts";

const CALLS = 6000;
const SEED = 20260101;

/** What a caller's mistakes are answered with; anything else is a mistake of ours. */
const CALLERS_FAULT: readonly unknown[] = [
  ErrorCode.IncompatibleVersion,
  ErrorCode.InvalidEnvironment,
  ErrorCode.IoFailure,
  ErrorCode.DecodingFailure,
  ErrorCode.InvalidConfig,
  ErrorCode.InvalidNetns,
];

const COMMANDS = ["ADD", "DEL", "CHECK", "GC", "STATUS"] as const;

/** Verbs that read all that the shared modules can read of a request. */
const VERBS: Required<Verbs> = {
  add: (request) => Promise.resolve().then(() => readAll(request)),
  del: () => Promise.resolve(),
  check: (request) => Promise.resolve().then(() => void readAll(request)),
  gc: () => Promise.resolve(),
  status: () => Promise.resolve(),
};

function readAll({ args, conf, prevResult }: VerbRequest): CniResult {
  const ips = readIpRequests({ args: parseCniArgs(args), conf });
  return prevResult ?? { ips: ips.map(({ text }) => ({ address: text })) };
}

const CONF = {
  cniVersion: "1.1.0",
  name: "danm",
  type: "danm",
  runtimeConfig: { ips: ["10.0.0.5/24", "2001:db8::5"] },
  args: { cni: { ips: ["10.0.0.6"] } },
  "cni.dev/valid-attachments": [{ containerID: "c1", ifname: "eth0" }],
  prevResult: {
    cniVersion: "1.1.0",
    interfaces: [{ name: "eth0", mac: "02:00:00:00:00:01", sandbox: "/run/netns/a", mtu: 1500 }],
    ips: [{ address: "10.0.0.5/24", gateway: "10.0.0.1", interface: 0 }],
    routes: [{ dst: "0.0.0.0/0", gw: "10.0.0.1", table: 100 }],
    dns: { nameservers: ["10.0.0.1"] },
  },
};

const ENV: Readonly<Record<string, string>> = {
  CNI_CONTAINERID: "c1",
  CNI_NETNS: "/run/netns/a",
  CNI_IFNAME: "eth0",
  CNI_PATH: "/opt/cni/bin",
  CNI_ARGS: "IgnoreUnknown=1;K8S_POD_NAME=web;IP=10.0.0.7",
  CNI_NETNS_IS_OWN: "no",
};

const ODD_TEXTS = [
  ...[
    "",
    " ",
    ".",
    "..",
    "/",
    "a/b",
    "a:b",
    "eth0\n",
    "\u0000",
    "é",
    "\ud800",
    "x".repeat(5000),
    "IP=",
    "IP=,",
    "=",
    ";=;",
  ],
  ...["a=b=c", "__proto__=1;IP=x", "constructor", "../../etc/passwd", "/run/netns/a b", "/proc/1/ns/net", "$(id)"],
];

function mutatedBytes(chance: Chance): Uint8Array {
  const bytes = new TextEncoder().encode(mutatedJson(chance, CONF, { rate: 0.01 }));
  const at = chance.below(bytes.length);
  switch (chance.below(3)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Uint8Array.of(...bytes.subarray(0, at), ...chance.bytes(chance.below(4)), ...bytes.subarray(at));
    default:
      bytes[at] = chance.below(256);
      return bytes;
  }
}

function stdinOf(chance: Chance): Uint8Array | Error {
  const kind = chance.random();
  if (kind < 0.02) return new Error("I/O error (os error 5)");
  if (kind < 0.05) return chance.bytes(chance.below(300));
  if (kind < 0.07) return new TextEncoder().encode(chance.one(["[", `{"a":`, `{"cniVersion":[`]).repeat(20_000));
  if (kind < 0.25) return mutatedBytes(chance);
  const conf = { ...CONF, cniVersion: chance.one(CNI_VERSIONS) };
  return new TextEncoder().encode(mutatedJson(chance, conf, { rate: chance.one([0, 0.01, 0.05, 0.2]) }));
}

function envOf(chance: Chance): (name: string) => string | undefined {
  const rate = chance.one([0, 0, 0.1, 0.3]);
  const env = new Map<string, string | Error>(Object.entries(ENV).filter(() => chance.random() >= rate));
  for (const name of env.keys()) if (chance.random() < rate) env.set(name, chance.one(ODD_TEXTS));
  if (chance.random() < 0.02) env.set(chance.one(Object.keys(ENV)), new Deno.errors.InvalidData("not valid unicode"));
  if (chance.random() < 0.03) env.set("CNI_NETNS_IS_OWN", "yes");
  env.set("CNI_COMMAND", chance.random() < 0.03 ? chance.one(ODD_TEXTS) : chance.one([...COMMANDS, "VERSION"]));
  return (name) => {
    const value = env.get(name);
    if (value instanceof Error) throw value;
    return value;
  };
}

interface Outcome {
  readonly command: string;
  readonly exitCode: number;
  readonly written: readonly string[];
}

async function callOnce(seed: number): Promise<Outcome> {
  const chance = new Chance(seed);
  const written: string[] = [];
  const stdin = stdinOf(chance);
  const io: PluginIo = {
    env: envOf(chance),
    readStdin: () => {
      if (stdin instanceof Error) throw stdin;
      return stdin;
    },
    writeStdout: (text) => void written.push(text),
  };
  const exitCode = await runPlugin(io, { commands: COMMANDS, load: () => Promise.resolve(VERBS) });
  return { command: io.env("CNI_COMMAND") ?? "", exitCode, written };
}

/** @returns the error code, or "ok" */
function checkOutcome({ command, exitCode, written }: Outcome): unknown {
  const silent = exitCode === 0 && command !== "ADD" && command !== "VERSION";
  assertEquals(written.length, silent ? 0 : 1);
  if (silent) return "ok";
  const [text = ""] = written;
  assert(text.endsWith("\n"));
  const document = JSON.parse(text);
  assert(CNI_VERSIONS.some((known) => known === document.cniVersion));
  if (exitCode === 0) {
    assertEquals("code" in document, false);
    return "ok";
  }
  assertEquals(exitCode, 1);
  assert(CALLERS_FAULT.includes(document.code), `code ${document.code}`);
  assert(typeof document.msg === "string" && document.msg !== "");
  assert(text.length < 4000, `a document of ${text.length} characters`);
  return document.code;
}

Deno.test("whatever a plugin is called with, it answers one document or none, and blames nobody but its caller", async () => {
  const seen = new Map<string, number>();
  for (let seed = SEED; seed < SEED + CALLS; seed++) {
    const outcome = await callOnce(seed);
    try {
      const answer = `${checkOutcome(outcome)}`;
      const key = [...COMMANDS, "VERSION"].find((known) => known === outcome.command) ?? "unknown";
      for (const each of [answer, `${key} ${answer}`]) seen.set(each, (seen.get(each) ?? 0) + 1);
    } catch (cause) {
      const shown = JSON.stringify(outcome).slice(0, 1000);
      throw new Error(`seed ${seed}: ${cause instanceof Error ? cause.message : cause}: ${shown}`, { cause });
    }
  }
  // Every command succeeds at times, every mistake is made: otherwise the inputs have become too wild, or too tame.
  const expected = [...[...COMMANDS, "VERSION"].map((command) => `${command} ok`), ...CALLERS_FAULT.map(String)];
  assertEquals(expected.filter((each) => (seen.get(each) ?? 0) < 10), []);
});
