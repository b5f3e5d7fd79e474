import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CniError, ErrorCode } from "../errors.ts";
import type { CniResult } from "./cni_result.ts";
import { CNI_VERSIONS } from "./cni_version.ts";
import { type GcRequest, type HostRequest, type PluginIo, runPlugin, type VerbRequest, type Verbs } from "./plugin.ts";

const RESULT: CniResult = {
  interfaces: [{ name: "eth0", mac: "02:00:00:00:00:01", sandbox: "/run/netns/a", mtu: 1500 }],
  ips: [{ address: "10.0.0.5/24", gateway: "10.0.0.1", interface: 0 }],
  routes: [{ dst: "0.0.0.0/0", gw: "10.0.0.1", priority: 5 }],
};

const ENV: Readonly<Record<string, string>> = {
  CNI_COMMAND: "ADD",
  CNI_CONTAINERID: "c1",
  CNI_NETNS: "/run/netns/a",
  CNI_IFNAME: "eth0",
  CNI_PATH: "/opt/cni/bin:/opt/other",
  CNI_ARGS: "IgnoreUnknown=1",
};

const CONF = { cniVersion: "1.0.0", name: "danm", type: "danm" };

interface Call {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string | Uint8Array | Error;
  readonly verbs?: Partial<Verbs>;
}

interface Outcome {
  readonly code: number;
  /** What went to stdout, parsed; there may be no more than one document. */
  readonly document: Record<string, unknown> | undefined;
  /** Of ADD, DEL and CHECK. */
  readonly requests: VerbRequest[];
  /** Of GC and STATUS. */
  readonly hostRequests: HostRequest[];
  readonly loads: number;
}

async function call({ env = {}, stdin = JSON.stringify(CONF), verbs }: Call): Promise<Outcome> {
  const all: Record<string, string | undefined> = { ...ENV, ...env };
  const written: string[] = [];
  const requests: VerbRequest[] = [];
  const hostRequests: HostRequest[] = [];
  let loads = 0;
  const io: PluginIo = {
    env: (name) => all[name],
    readStdin: () => {
      if (stdin instanceof Error) throw stdin;
      return typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin;
    },
    writeStdout: (text) => void written.push(text),
  };
  const note = (request: VerbRequest): Promise<void> => Promise.resolve(void requests.push(request));
  const noteHost = (request: HostRequest): Promise<void> => Promise.resolve(void hostRequests.push(request));
  const add = (request: VerbRequest): Promise<CniResult> => note(request).then(() => RESULT);
  const usual: Required<Verbs> = { add, del: note, check: note, gc: noteHost, status: noteHost };
  const code = await runPlugin(io, {
    commands: ["ADD", "DEL", "CHECK", "GC", "STATUS"],
    load: () => {
      loads++;
      return Promise.resolve({ ...usual, ...verbs });
    },
  });
  assert(written.length <= 1, `${written.length} writes to stdout`);
  const [text] = written;
  assert(text === undefined || text.endsWith("\n"));
  return { code, document: text === undefined ? undefined : JSON.parse(text), requests, hostRequests, loads };
}

interface Refusal extends Call {
  readonly name: string;
  readonly code: number;
  /** What the message must name. */
  readonly names: string;
  readonly cniVersion?: string;
}

async function assertRefused({ code, names, cniVersion = "1.1.0", ...of }: Refusal): Promise<void> {
  const { document, requests, hostRequests, loads, ...outcome } = await call(of);
  assertEquals(outcome.code, 1);
  assertEquals([document?.["code"], document?.["cniVersion"]], [code, cniVersion]);
  assertStringIncludes(String(document?.["msg"]), names);
  assertEquals(
    Object.keys(document ?? {}).filter((key) => !["cniVersion", "code", "msg", "details"].includes(key)),
    [],
  );
  assertEquals([requests.length, hostRequests.length, loads], [0, 0, 0]);
}

const NEEDED: Readonly<Record<string, readonly string[]>> = {
  ADD: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"],
  DEL: ["CNI_CONTAINERID", "CNI_IFNAME", "CNI_PATH"],
  CHECK: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"],
  GC: ["CNI_PATH"],
  STATUS: [],
};

/** The commands that are about one sandbox. */
const OF_SANDBOX = ["ADD", "DEL", "CHECK"];

Deno.test("a verb without a variable that it needs is refused by name, before stdin is looked at", async (t) => {
  for (const [verb, needed] of Object.entries(NEEDED).filter(([, names]) => names.length > 0)) {
    for (const name of needed) {
      for (const value of [undefined, ""]) {
        const env = { CNI_COMMAND: verb, [name]: value };
        const title = `${verb} with ${name}=${JSON.stringify(value)}`;
        await t.step(title, () => assertRefused({ name: title, env, stdin: "{", code: 4, names: name }));
      }
    }
    await t.step(`${verb} without any names all`, async () => {
      const env = Object.fromEntries([...needed.map((name) => [name, undefined]), ["CNI_COMMAND", verb]]);
      const { document } = await call({ env });
      assertEquals(document?.["msg"], `CNI_COMMAND=${verb} needs ${needed.join(", ")}`);
    });
  }
});

Deno.test("what a verb does not need may be absent", async (t) => {
  await t.step("DEL without CNI_NETNS and CNI_ARGS, as after a reboot", async () => {
    const { code, document, requests } = await call({
      env: { CNI_COMMAND: "DEL", CNI_NETNS: undefined, CNI_ARGS: undefined },
    });
    assertEquals([code, document, requests[0]?.netns, requests[0]?.args], [0, undefined, "", ""]);
  });
  await t.step("VERSION without anything", async () => {
    const env = Object.fromEntries([...Object.keys(ENV).map((name) => [name, undefined]), ["CNI_COMMAND", "VERSION"]]);
    const { code, document, loads } = await call({ env, stdin: "" });
    assertEquals([code, loads], [0, 0]);
    assertEquals(document, { cniVersion: "1.1.0", supportedVersions: [...CNI_VERSIONS] });
  });
});

Deno.test("malformed variables are refused for every verb, with code 4", async (t) => {
  const malformed: [string, string[]][] = [
    ["CNI_CONTAINERID", ["a/b", "../x", ".a", "-a", "a b", "a~b", "é", "a\n", "x".repeat(129)]],
    ["CNI_IFNAME", ["a/b", "a:b", "a b", "a\tb", "a\n", ".", "..", "sixteen-bytes-xx", "éééééééé"]],
  ];
  for (const verb of OF_SANDBOX) {
    for (const [name, values] of malformed) {
      for (const value of values) {
        const title = `${verb} with ${name}=${JSON.stringify(value.slice(0, 20))}`;
        const env = { CNI_COMMAND: verb, [name]: value };
        await t.step(title, () => assertRefused({ name: title, env, code: 4, names: name, cniVersion: "1.0.0" }));
      }
    }
  }
});

Deno.test("odd but right variables are taken", async (t) => {
  const right: [string, string[]][] = [
    ["CNI_CONTAINERID", ["a", "0", "a.b_c-d", "..a".slice(2), "x".repeat(128), "constructor"]],
    ["CNI_IFNAME", ["e", "fifteen-bytes-x", "eth0.100", "eth0~x", "é", "__proto__", "..."]],
  ];
  for (const [name, values] of right) {
    for (const value of values) {
      await t.step(`${name}=${value}`, async () => {
        const { code, requests } = await call({ env: { [name]: value } });
        const request = requests[0];
        assertEquals([code, name === "CNI_IFNAME" ? request?.ifname : request?.containerID], [0, value]);
      });
    }
  }
});

Deno.test("unknown commands are refused with code 4, whatever they are called", async (t) => {
  for (const command of ["", "add", "ADD ", "PATCH", "constructor", "__proto__", "toString"]) {
    const refusal = { name: command, env: { CNI_COMMAND: command }, code: 4, names: "CNI_COMMAND" };
    await t.step(JSON.stringify(command), () => assertRefused(refusal));
  }
  await t.step(
    "not set",
    () => assertRefused({ name: "", env: { CNI_COMMAND: undefined }, code: 4, names: "CNI_COMMAND" }),
  );
});

Deno.test("an unknown command is told which ones the plugin has, without its verbs being loaded", async (t) => {
  const cases: { commands: readonly ("ADD" | "DEL" | "GC")[]; details: string }[] = [
    { commands: ["ADD", "DEL"], details: "supported commands: ADD, DEL, VERSION" },
    { commands: ["ADD", "DEL", "GC"], details: "supported commands: ADD, DEL, GC, VERSION" },
  ];
  for (const { commands, details } of cases) {
    await t.step(details, async () => {
      let written = "";
      const io: PluginIo = {
        env: (name) => ({ ...ENV, CNI_COMMAND: "CHECK" })[name],
        readStdin: () => new TextEncoder().encode(JSON.stringify(CONF)),
        writeStdout: (text) => void (written += text),
      };
      const load = (): never => {
        throw new Error("verbs were loaded");
      };
      assertEquals(await runPlugin(io, { commands, load }), 1);
      const msg = `CNI_COMMAND="CHECK" is not supported`;
      assertEquals(JSON.parse(written), { cniVersion: "1.1.0", code: 4, msg, details });
    });
  }
});

function badConfigurations(cniVersion: string): Refusal[] {
  const conf = (changes: Record<string, unknown>): string => JSON.stringify({ ...CONF, cniVersion, ...changes });
  return [
    { name: "nothing on stdin", stdin: "", code: 6, names: "not JSON" },
    { name: "half a document", stdin: `{"cniVersion":`, code: 6, names: "not JSON" },
    { name: "two documents", stdin: "{}{}", code: 6, names: "not JSON" },
    ...["null", "[]", `"x"`, "7"].map((stdin) => ({ name: stdin, stdin, code: 6, names: "not a JSON object" })),
    { name: "not UTF-8", stdin: Uint8Array.of(0x7b, 0xff, 0x7d), code: 6, names: "stdin" },
    { name: "NUL bytes", stdin: new Uint8Array(10), code: 6, names: "not JSON" },
    { name: "stdin cannot be read", stdin: new Error("I/O error (os error 5)"), code: 5, names: "I/O error" },
    { name: "far too large", stdin: new Uint8Array(4 * 1024 * 1024 + 1), code: 5, names: "more than 4194304 bytes" },
    { name: "deep nesting without end", stdin: "[".repeat(200_000), code: 6, names: "not JSON" },
    ...[undefined, "", "0.1.0", "0.2.0", "0.3.0", "0.3.1 ", "2.0.0", 1, null, ["1.0.0"]].map((asked) => ({
      name: `cniVersion ${JSON.stringify(asked)}`,
      stdin: conf({ cniVersion: asked }),
      code: 1,
      names: "cniVersion",
    })),
    ...[undefined, "", "a/b", "..", ".a", "a b", 7, null, {}, "é"].map((name) => ({
      name: `name ${JSON.stringify(name)}`,
      stdin: conf({ name }),
      code: 7,
      names: "name",
      cniVersion,
    })),
    {
      name: "a name by the prototype only",
      stdin: `{"cniVersion":"${cniVersion}","__proto__":{"name":"danm"}}`,
      code: 7,
      names: "name",
      cniVersion,
    },
  ];
}

Deno.test("a bad configuration is refused for every verb, by the field", async (t) => {
  for (const verb of Object.keys(NEEDED)) {
    for (const one of badConfigurations(OF_SANDBOX.includes(verb) ? "1.0.0" : "1.1.0")) {
      await t.step(`${verb}: ${one.name}`, () => assertRefused({ ...one, env: { CNI_COMMAND: verb } }));
    }
  }
});

Deno.test("errors come in the version of the configuration as soon as that is known", async () => {
  for (const cniVersion of CNI_VERSIONS) {
    const stdin = JSON.stringify({ ...CONF, cniVersion });
    const refused = await call({ stdin, env: { CNI_IFNAME: "a/b" } });
    assertEquals(refused.document?.["cniVersion"], cniVersion);
  }
});

Deno.test("CHECK needs a configuration of at least 0.4.0, GC and STATUS one of 1.1.0", async (t) => {
  const since: Record<string, readonly string[]> = {
    CHECK: ["0.4.0", "1.0.0", "1.1.0"],
    GC: ["1.1.0"],
    STATUS: ["1.1.0"],
  };
  for (const [command, versions] of Object.entries(since)) {
    for (const cniVersion of CNI_VERSIONS) {
      await t.step(`${command} of ${cniVersion}`, async () => {
        const stdin = JSON.stringify({ ...CONF, cniVersion });
        const env = { CNI_COMMAND: command };
        if (!versions.includes(cniVersion)) {
          return await assertRefused({ name: command, env, stdin, code: 1, names: `${command} needs`, cniVersion });
        }
        const { code, document, requests, hostRequests } = await call({ env, stdin });
        assertEquals([code, document, requests.length + hostRequests.length], [0, undefined, 1]);
      });
    }
  }
});

const NEWEST = { ...CONF, cniVersion: "1.1.0" };

Deno.test("GC and STATUS are given the configuration and the path, and nothing of a sandbox", async (t) => {
  // libcni exports all six variables, empty where they mean nothing.
  const empty = { CNI_CONTAINERID: "", CNI_NETNS: "", CNI_IFNAME: "", CNI_ARGS: "" };
  const stdin = JSON.stringify(NEWEST);
  const host = {
    cniVersion: "1.1.0",
    networkName: "danm",
    path: ["/opt/cni/bin", "/opt/other"],
    conf: NEWEST,
  } as const;
  await t.step("GC", async () => {
    const { hostRequests } = await call({ env: { ...empty, CNI_COMMAND: "GC" }, stdin });
    assertEquals(hostRequests as GcRequest[], [{ ...host, validAttachments: undefined }]);
  });
  await t.step("STATUS", async () => {
    const { hostRequests } = await call({ env: { ...empty, CNI_COMMAND: "STATUS" }, stdin });
    assertEquals(hostRequests, [host]);
  });
  await t.step("STATUS without CNI_PATH, which the specification leaves open", async () => {
    const { hostRequests } = await call({ env: { CNI_COMMAND: "STATUS", CNI_PATH: undefined }, stdin });
    assertEquals(hostRequests, [{ ...host, path: [] }]);
  });
  await t.step("what does not concern them may be malformed", async () => {
    const env = { CNI_COMMAND: "GC", CNI_IFNAME: "a/b", CNI_CONTAINERID: "../x", CNI_NETNS: "x" };
    assertEquals((await call({ env, stdin })).code, 0);
  });
});

Deno.test("GC is given the attachments that are still valid", async (t) => {
  const list = [{ containerID: "c1", ifname: "eth0", more: 1 }, { containerID: "c2", ifname: "net1" }];
  const parsed = [{ containerID: "c1", ifname: "eth0" }, { containerID: "c2", ifname: "net1" }];
  const both = "cni.dev/valid-attachments";
  const deprecated = "cni.dev/attachments";
  const cases: { name: string; keys: Record<string, unknown>; valid: unknown }[] = [
    { name: "both keys, as libcni passes them", keys: { [both]: list, [deprecated]: list }, valid: parsed },
    { name: "the key of the specification alone", keys: { [both]: list }, valid: parsed },
    { name: "the deprecated key alone", keys: { [deprecated]: list }, valid: parsed },
    { name: "the key of the specification decides", keys: { [both]: [], [deprecated]: list }, valid: [] },
    { name: "none is valid any more", keys: { [both]: [] }, valid: [] },
    { name: "null, as an empty Go slice becomes", keys: { [both]: null, [deprecated]: null }, valid: undefined },
    { name: "nothing, as cnitool says", keys: {}, valid: undefined },
  ];
  for (const { name, keys, valid } of cases) {
    await t.step(name, async () => {
      const stdin = JSON.stringify({ ...NEWEST, ...keys });
      const { code, document, hostRequests } = await call({ env: { CNI_COMMAND: "GC" }, stdin });
      assertEquals([code, document], [0, undefined]);
      const [request] = hostRequests as GcRequest[];
      assertEquals(request?.validAttachments, valid);
    });
  }
});

Deno.test("a malformed list of valid attachments is refused by its field: nothing is collected on a guess", async (t) => {
  const cases: [unknown, string][] = [
    [{}, "valid-attachments: must be a list"],
    ["", "valid-attachments: must be a list"],
    [false, "valid-attachments: must be a list"],
    [[null], "valid-attachments[0]: must be an object"],
    [["c1"], "valid-attachments[0]: must be an object"],
    [[{ containerID: "c1" }], "valid-attachments[0]: ifname is missing"],
    [[{ containerID: "c1", ifname: "eth0" }, { ifname: "eth0" }], "valid-attachments[1]: containerID is missing"],
    [[{ containerID: "", ifname: "eth0" }], "valid-attachments[0].containerID: must not be empty"],
    [[{ containerID: "c1", ifname: 7 }], "valid-attachments[0].ifname: must be a text"],
  ];
  for (const [list, names] of cases) {
    const stdin = JSON.stringify({ ...NEWEST, "cni.dev/valid-attachments": list });
    const refusal = {
      name: names,
      env: { CNI_COMMAND: "GC" },
      stdin,
      code: 7,
      names: `configuration: cni.dev/${names}`,
    };
    await t.step(JSON.stringify(list), () => assertRefused(refusal));
  }
});

Deno.test("ADD and CHECK are given prevResult, parsed; DEL must do without", async (t) => {
  const { interfaces, ips } = RESULT;
  const document = { cniVersion: "1.0.0", interfaces, ips, dns: {}, unknown: 1 };
  const stdin = (prevResult: unknown): string => JSON.stringify({ ...CONF, prevResult });
  for (const command of ["ADD", "CHECK"]) {
    await t.step(command, async () => {
      const { requests } = await call({ env: { CNI_COMMAND: command }, stdin: stdin(document) });
      assertEquals(requests[0]?.prevResult, { interfaces: [...interfaces ?? []], ips: [...ips ?? []] });
    });
    await t.step(`${command} without one`, async () => {
      const { requests } = await call({ env: { CNI_COMMAND: command }, stdin: stdin(null) });
      assertEquals(requests.map((request) => "prevResult" in request), [false]);
    });
    await t.step(`${command} with a malformed one`, () =>
      assertRefused({
        name: command,
        env: { CNI_COMMAND: command },
        stdin: stdin({ ips: [{ address: "10.0.0.5" }] }),
        code: 6,
        names: "configuration: prevResult.ips[0].address: must be address/prefix",
        cniVersion: "1.0.0",
      }));
  }
  await t.step("DEL, whatever it is", async () => {
    for (const prevResult of [document, "rubbish"]) {
      const { code, requests } = await call({ env: { CNI_COMMAND: "DEL" }, stdin: stdin(prevResult) });
      assertEquals([code, requests.map((request) => "prevResult" in request)], [0, [false]]);
    }
  });
});

Deno.test("a variable that is no text is refused by its name", async () => {
  for (const name of ["CNI_COMMAND", "CNI_ARGS", "CNI_IFNAME", "CNI_NETNS", "CNI_PATH"]) {
    let written = "";
    const io: PluginIo = {
      env: (asked) => {
        if (asked === name) throw new Deno.errors.InvalidData(`not valid unicode: "a\\xFF"`);
        return ENV[asked];
      },
      readStdin: () => new TextEncoder().encode(JSON.stringify(CONF)),
      writeStdout: (text) => void (written += text),
    };
    const load = (): never => {
      throw new Error("verbs were loaded");
    };
    assertEquals(await runPlugin(io, { commands: ["ADD", "DEL"], load }), 1);
    assertEquals(JSON.parse(written).code, 4);
    assertStringIncludes(JSON.parse(written).msg, `${name} cannot be read: not valid unicode`);
  }
});

Deno.test("what a message quotes is cut: no input makes a long document", async () => {
  const long = "x".repeat(100_000);
  const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
  const calls: Call[] = [
    { env: { CNI_COMMAND: long } },
    { env: { CNI_IFNAME: long } },
    { env: { CNI_NETNS: `/ ${long}` } },
    { stdin: JSON.stringify({ ...CONF, name: `/${long}` }) },
    { stdin: JSON.stringify({ ...CONF, cniVersion: long }) },
    { stdin: `{"cniVersion":"1.0.0","name":${deep}}` },
    { stdin: `{"cniVersion":${deep},"name":"danm"}` },
    { stdin: `{"cniVersion":"1.0.0","name":"danm","prevResult":${deep}}` },
  ];
  for (const each of calls) {
    const { code, document } = await call(each);
    assertEquals(code, 1);
    assert(document?.["code"] !== ErrorCode.Unexpected, JSON.stringify(document));
    assert(JSON.stringify(document).length < 1000, JSON.stringify(document).slice(0, 200));
  }
});

Deno.test("ADD is given everything, and answers in the version asked for", async () => {
  for (const cniVersion of CNI_VERSIONS) {
    const conf = { ...CONF, cniVersion, kubeconfig: "/k", unknown: { a: 1 } };
    const { code, document, requests } = await call({ stdin: JSON.stringify(conf) });
    assertEquals([code, document?.["cniVersion"]], [0, cniVersion]);
    assertEquals(requests, [{
      cniVersion,
      networkName: "danm",
      containerID: "c1",
      netns: "/run/netns/a",
      ifname: "eth0",
      args: "IgnoreUnknown=1",
      path: ["/opt/cni/bin", "/opt/other"],
      conf,
    }]);
  }
});

Deno.test("only ADD has a result to print: the others print nothing when they succeed", async () => {
  for (const command of ["DEL", "CHECK", "GC", "STATUS"]) {
    const { code, document } = await call({ env: { CNI_COMMAND: command }, stdin: JSON.stringify(NEWEST) });
    assertEquals([command, code, document], [command, 0, undefined]);
  }
});

Deno.test("what a verb throws becomes the one document", async (t) => {
  const cases: { name: string; thrown: unknown; document: Record<string, unknown> }[] = [
    {
      name: "a CniError",
      thrown: new CniError(ErrorCode.AddressInUse, "in use", { details: "choose another" }),
      document: { code: 101, msg: "in use", details: "choose another" },
    },
    {
      name: "without details",
      thrown: new CniError(ErrorCode.TryAgain, "later"),
      document: { code: 11, msg: "later" },
    },
    {
      name: "an untyped error",
      thrown: new TypeError("x is undefined"),
      document: { code: 999, msg: "x is undefined" },
    },
    { name: "something else", thrown: "text", document: { code: 999, msg: "text" } },
    {
      name: "several",
      thrown: new AggregateError([new Error("a"), new Error("b")]),
      document: { code: 999, msg: "a; b" },
    },
    {
      name: "several that say what to do, one of them twice",
      thrown: new AggregateError([
        new CniError(ErrorCode.PoolExhausted, "net1: exhausted", { details: "enlarge it" }),
        new AggregateError([new CniError(ErrorCode.TryAgain, "net2: away", { details: "enlarge it" })], "later"),
        new CniError(ErrorCode.TryAgain, "net3: away", { details: "wait" }),
      ], "two failed"),
      document: {
        code: 100,
        msg: "two failed; net1: exhausted; later; net2: away; net3: away",
        details: "enlarge it; wait",
      },
    },
    { name: "an error without a message", thrown: new RangeError(), document: { code: 999, msg: "RangeError" } },
  ];
  for (const { name, thrown, document } of cases) {
    await t.step(name, async () => {
      const add = (): Promise<CniResult> => Promise.reject(thrown);
      const got = await call({ verbs: { add } });
      assertEquals([got.code, got.document], [1, { cniVersion: "1.0.0", ...document }]);
    });
  }
});

Deno.test("VERSION answers in the version of its stdin, where that is one we know", async (t) => {
  const cases: { stdin: string; cniVersion: string }[] = [
    ...CNI_VERSIONS.map((cniVersion) => ({ stdin: JSON.stringify({ cniVersion }), cniVersion })),
    { stdin: "", cniVersion: "1.1.0" },
    { stdin: " \n", cniVersion: "1.1.0" },
    { stdin: `{"cniVersion":"9.9.9"}`, cniVersion: "1.1.0" },
    { stdin: "{}", cniVersion: "1.1.0" },
  ];
  for (const { stdin, cniVersion } of cases) {
    await t.step(JSON.stringify(stdin), async () => {
      const { code, document } = await call({ env: { CNI_COMMAND: "VERSION" }, stdin });
      assertEquals([code, document], [0, { cniVersion, supportedVersions: [...CNI_VERSIONS] }]);
    });
  }
  const env = { CNI_COMMAND: "VERSION" };
  await t.step("bad JSON", () => assertRefused({ name: "", env, stdin: "{", code: 6, names: "not JSON" }));
  await t.step(
    "not UTF-8",
    () => assertRefused({ name: "", env, stdin: Uint8Array.of(0xff), code: 6, names: "stdin" }),
  );
  await t.step(
    "unreadable",
    () => assertRefused({ name: "", env, stdin: new Error("I/O error"), code: 5, names: "stdin cannot be read" }),
  );
});

Deno.test("the plugin's own namespace, and a path that no command can be given", async (t) => {
  const own = { CNI_NETNS: "/run/netns/own", CNI_NETNS_IS_OWN: "yes" };
  for (const path of ["blue", "/run/netns/a b", "/run/'x'", "/run/#1", "/run/a\\b"]) {
    await t.step(`ADD refuses ${path}`, () => {
      return assertRefused({ name: path, env: { CNI_NETNS: path }, code: 4, names: "CNI_NETNS", cniVersion: "1.0.0" });
    });
  }
  await t.step("ADD refuses its own namespace", () => {
    return assertRefused({ name: "own", env: own, code: 8, names: "CNI_NETNS", cniVersion: "1.0.0" });
  });
  await t.step("ADD takes its own where the caller insists, and any other", async () => {
    for (const insists of ["1", "true", "TRUE"]) {
      assertEquals((await call({ env: { ...own, CNI_NETNS_OVERRIDE: insists } })).code, 0);
    }
    assertEquals((await call({ env: { ...own, CNI_NETNS_OVERRIDE: "false" } })).document?.["code"], 8);
    assertEquals((await call({ env: { ...own, CNI_NETNS_IS_OWN: "no" } })).code, 0);
  });
  await t.step("DEL goes on as if they were gone", async () => {
    for (const env of [own, { CNI_NETNS: "/run/netns/a b" }]) {
      const { code, requests } = await call({ env: { ...env, CNI_COMMAND: "DEL" } });
      assertEquals([code, requests[0]?.netns], [0, ""]);
    }
  });
});

Deno.test("no error of DEL has words that containerd takes for success", async () => {
  const thrown = new CniError(ErrorCode.DelegateFailed, "plugin: Not Found; No such file or directory; NOT FOUND", {
    details: "not found: x",
  });
  const verbs = { add: () => Promise.reject(thrown), del: () => Promise.reject(thrown) };
  const del = await call({ env: { CNI_COMMAND: "DEL" }, verbs });
  assertEquals(del.document?.["code"], 105);
  assertEquals(/not found|no such file or directory/i.test(JSON.stringify(del.document)), false);
  assertStringIncludes(JSON.stringify((await call({ verbs })).document), "Not Found");
});
