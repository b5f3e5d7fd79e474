import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CniError, ErrorCode } from "../errors.ts";
import type { CniResult } from "./cni_result.ts";
import { CNI_VERSIONS } from "./cni_version.ts";
import { type PluginIo, runPlugin, type VerbRequest, type Verbs } from "./plugin.ts";

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
  readonly requests: VerbRequest[];
  readonly loads: number;
}

async function call({ env = {}, stdin = JSON.stringify(CONF), verbs }: Call): Promise<Outcome> {
  const all: Record<string, string | undefined> = { ...ENV, ...env };
  const written: string[] = [];
  const requests: VerbRequest[] = [];
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
  const usual: Verbs = { add: (request) => note(request).then(() => RESULT), del: note, check: note };
  const code = await runPlugin(io, () => {
    loads++;
    return Promise.resolve({ ...usual, ...verbs });
  });
  assert(written.length <= 1, `${written.length} writes to stdout`);
  const [text] = written;
  assert(text === undefined || text.endsWith("\n"));
  return { code, document: text === undefined ? undefined : JSON.parse(text), requests, loads };
}

interface Refusal extends Call {
  readonly name: string;
  readonly code: number;
  /** What the message must name. */
  readonly names: string;
  readonly cniVersion?: string;
}

async function assertRefused({ code, names, cniVersion = "1.1.0", ...of }: Refusal): Promise<void> {
  const { document, requests, ...outcome } = await call(of);
  assertEquals(outcome.code, 1);
  assertEquals([document?.["code"], document?.["cniVersion"]], [code, cniVersion]);
  assertStringIncludes(String(document?.["msg"]), names);
  assertEquals(
    Object.keys(document ?? {}).filter((key) => !["cniVersion", "code", "msg", "details"].includes(key)),
    [],
  );
  assertEquals(requests.length, 0);
}

const NEEDED: Readonly<Record<string, readonly string[]>> = {
  ADD: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"],
  DEL: ["CNI_CONTAINERID", "CNI_IFNAME", "CNI_PATH"],
  CHECK: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"],
};

Deno.test("a verb without a variable that it needs is refused by name, before stdin is looked at", async (t) => {
  for (const [verb, needed] of Object.entries(NEEDED)) {
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
  for (const verb of Object.keys(NEEDED)) {
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
  await t.step("a verb that the plugin has not", async () => {
    const { check: _, ...rest }: Verbs = {
      add: () => Promise.resolve({}),
      del: () => Promise.resolve(),
      check: undefined!,
    };
    let written = "";
    const io: PluginIo = {
      env: (name) => ({ ...ENV, CNI_COMMAND: "CHECK" })[name],
      readStdin: () => new TextEncoder().encode(JSON.stringify(CONF)),
      writeStdout: (text) => void (written += text),
    };
    assertEquals(await runPlugin(io, () => Promise.resolve(rest)), 1);
    assertEquals([JSON.parse(written).code, JSON.parse(written).cniVersion], [4, "1.0.0"]);
  });
});

Deno.test("a bad configuration is refused for every verb, by the field", async (t) => {
  const conf = (changes: Record<string, unknown>): string => JSON.stringify({ ...CONF, ...changes });
  const cases: Refusal[] = [
    { name: "nothing on stdin", stdin: "", code: 6, names: "not JSON" },
    { name: "half a document", stdin: `{"cniVersion":`, code: 6, names: "not JSON" },
    { name: "two documents", stdin: "{}{}", code: 6, names: "not JSON" },
    ...["null", "[]", `"x"`, "7"].map((stdin) => ({ name: stdin, stdin, code: 6, names: "not a JSON object" })),
    { name: "not UTF-8", stdin: Uint8Array.of(0x7b, 0xff, 0x7d), code: 6, names: "stdin" },
    { name: "NUL bytes", stdin: new Uint8Array(10), code: 6, names: "not JSON" },
    { name: "stdin cannot be read", stdin: new Error("I/O error (os error 5)"), code: 5, names: "I/O error" },
    { name: "far too large", stdin: new Uint8Array(4 * 1024 * 1024 + 1), code: 5, names: "more than 4194304 bytes" },
    { name: "deep nesting without end", stdin: "[".repeat(200_000), code: 6, names: "not JSON" },
    ...[undefined, "", "0.1.0", "0.2.0", "0.3.0", "0.3.1 ", "2.0.0", 1, null, ["1.0.0"]].map((cniVersion) => ({
      name: `cniVersion ${JSON.stringify(cniVersion)}`,
      stdin: conf({ cniVersion }),
      code: 1,
      names: "cniVersion",
    })),
    ...[undefined, "", "a/b", "..", ".a", "a b", 7, null, {}, "é"].map((name) => ({
      name: `name ${JSON.stringify(name)}`,
      stdin: conf({ name }),
      code: 7,
      names: "name",
      cniVersion: "1.0.0",
    })),
    {
      name: "a name by the prototype only",
      stdin: `{"cniVersion":"1.0.0","__proto__":{"name":"danm"}}`,
      code: 7,
      names: "name",
      cniVersion: "1.0.0",
    },
  ];
  for (const verb of Object.keys(NEEDED)) {
    for (const one of cases) {
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

Deno.test("CHECK needs a configuration of at least 0.4.0", async () => {
  for (const cniVersion of CNI_VERSIONS) {
    const { code, document, requests } = await call({
      env: { CNI_COMMAND: "CHECK" },
      stdin: JSON.stringify({ ...CONF, cniVersion }),
    });
    if (cniVersion !== "0.3.1") assertEquals([code, document, requests.length], [0, undefined, 1]);
    else assertEquals([code, document?.["code"], document?.["cniVersion"], requests.length], [1, 1, "0.3.1", 0]);
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

Deno.test("DEL and CHECK print nothing when they succeed", async () => {
  for (const command of ["DEL", "CHECK"]) {
    const { code, document } = await call({ env: { CNI_COMMAND: command } });
    assertEquals([code, document], [0, undefined]);
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
    assertEquals((await call({ env: { ...own, CNI_NETNS_OVERRIDE: "1" } })).code, 0);
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
