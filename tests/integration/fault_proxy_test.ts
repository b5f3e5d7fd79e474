import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Authority } from "../support/lab/certificates.ts";
import { type FaultProxy, startFaultProxy } from "../support/lab/fault_proxy.ts";
import { type Lab, startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { KubeUser } from "../support/lab/users.ts";

interface CallOptions {
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly headers?: Record<string, string>;
}

/** A caller with one connection of its own, as a plugin's process has. */
class Caller implements Disposable {
  readonly #client: Deno.HttpClient;
  readonly #user: KubeUser;
  readonly #server: string;

  constructor(lab: Lab, { user, server }: { user: KubeUser; server: string }) {
    const { credentials } = user;
    const caCerts = [lab.controlPlane.authority.cert];
    const identity = "cert" in credentials ? { cert: credentials.cert, key: credentials.key } : {};
    this.#client = Deno.createHttpClient({ caCerts, ...identity });
    this.#user = user;
    this.#server = server;
  }

  async call(method: string, path: string, { body, signal, headers: more }: CallOptions = {}): Promise<{
    status: number;
    retryAfter: string | null;
    // deno-lint-ignore no-explicit-any
    json: any;
  }> {
    const { credentials } = this.#user;
    const headers = {
      "content-type": "application/json",
      ...more,
      ...("token" in credentials && credentials.token !== "" ? { authorization: `Bearer ${credentials.token}` } : {}),
    };
    const response = await fetch(`${this.#server}${path}`, {
      method,
      headers,
      client: this.#client,
      signal: signal ?? AbortSignal.timeout(10_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { status } = response;
    return { status, retryAfter: response.headers.get("retry-after"), json: await response.json() };
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

const MAPS = "/api/v1/namespaces/default/configmaps";
const WHOAMI = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const REVIEW = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };

function configMap(name: string): unknown {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name } };
}

labTest("the fault proxy", {}, async (t) => {
  await using lab = await startLab({ controllerManager: true });
  await using proxy = await startFaultProxy(lab);
  const caller = (user: KubeUser = lab.admin): Caller => new Caller(lab, { user, server: proxy.url });
  const exists = async (name: string): Promise<boolean> => {
    using direct = new Caller(lab, { user: lab.admin, server: lab.server });
    return (await direct.call("GET", `${MAPS}/${name}`)).status === 200;
  };

  await t.step("keeps the identity of a client certificate, with all its groups", async () => {
    using jane = caller(await lab.user("jane", ["devs", "ops"]));
    const { json } = await jane.call("POST", WHOAMI, { body: REVIEW });
    assertEquals(json.status.userInfo.username, "jane");
    assertEquals(json.status.userInfo.groups, ["devs", "ops", "system:authenticated"]);
    assertEquals((await jane.call("GET", "/api/v1/secrets")).status, 403);
  });

  await t.step("keeps the identity of a token, its node too", async () => {
    await lab.kubectl(["create", "-f", "-"], { stdin: '{"apiVersion":"v1","kind":"Node","metadata":{"name":"n1"}}' });
    using agent = caller(await lab.serviceAccount("default", "default", { node: "n1" }));
    const { json } = await agent.call("POST", WHOAMI, { body: REVIEW });
    assertEquals(json.status.userInfo.username, "system:serviceaccount:default:default");
    assertEquals(json.status.userInfo.extra["authentication.kubernetes.io/node-name"], ["n1"]);
  });

  await t.step("makes nobody an administrator who shows nothing, a foreign certificate or a wrong token", async () => {
    const foreign = await Authority.create("danm-lab");
    const pretender = await foreign.issue({ commonName: "lab-admin", organizations: ["system:masters"] });
    // An empty token: this caller shows nothing at all.
    const strangers = [{ token: "" }, { token: "wrong" }, pretender];
    for (const credentials of strangers) {
      using stranger = caller({ ...lab.admin, credentials });
      const { status } = await stranger.call("GET", "/api/v1/secrets");
      assert(status === 401 || status === 403, `status ${status}`);
    }
  });

  await t.step("refuses what it could not pass on rightly: a certificate that impersonates", async () => {
    using jane = caller(await lab.user("jane"));
    const { status, json } = await jane.call("GET", "/api/v1/secrets", {
      headers: { "impersonate-user": "lab-admin" },
    });
    assertEquals(status, 400);
    assertStringIncludes(json.message, "cannot pass on impersonation");
  });

  await t.step("serves the real kubectl", async () => {
    const text = await lab.kubectl(["get", "namespace", "default", "-o", "name"], {
      as: await proxy.through(lab.admin),
    });
    assertEquals(text.trim(), "namespace/default");
  });

  await t.step("passes a watch on while it goes, and ends it with its caller", async () => {
    using watcher = new Caller(lab, { user: lab.admin, server: proxy.url });
    const end = new AbortController();
    const { credentials } = lab.admin;
    assert("cert" in credentials);
    using client = Deno.createHttpClient({ caCerts: [lab.controlPlane.authority.cert], ...credentials });
    const response = await fetch(`${proxy.url}${MAPS}?watch=true&resourceVersion=0`, { client, signal: end.signal });
    assert(response.body);
    const events = response.body.pipeThrough(new TextDecoderStream()).getReader();
    await watcher.call("POST", MAPS, { body: configMap("watched") });
    let text = "";
    while (!text.includes('"watched"')) text += (await events.read()).value ?? "";
    end.abort();
    await assertRejects(() => events.read());
  });

  await answers(t, { proxy, caller, exists });
  await doneAnyway(t, { proxy, caller, exists });
  await lostConnections(t, { proxy, caller, exists });
  await heldRequests(t, { proxy, caller, exists });
  await partitions(t, { proxy, caller, exists });
});

interface Parts {
  readonly proxy: FaultProxy;
  readonly caller: () => Caller;
  readonly exists: (name: string) => Promise<boolean>;
}

async function answers(t: Deno.TestContext, { proxy, caller, exists }: Parts): Promise<void> {
  for (const status of [409, 429, 500, 503]) {
    await t.step(`answers ${status} to the second creation alone`, async () => {
      using client = caller();
      const retryAfter = status === 429 ? { retryAfterS: 1 } : {};
      const match = { method: "POST", path: /configmaps$/, nth: 2 } as const;
      await proxy.faults.once({ kind: "answer", status, ...retryAfter }, match);
      const names = [1, 2, 3].map((number) => `answer-${status}-${number}`);
      const got = [];
      for (const name of names) got.push(await client.call("POST", MAPS, { body: configMap(name) }));
      assertEquals(got.map((one) => one.status), [201, status, 201]);
      assertEquals(got[1]?.json.kind, "Status");
      assertEquals(got[1]?.json.code, status);
      assertEquals(got[1]?.retryAfter, status === 429 ? "1" : null);
      assertEquals(await Promise.all(names.map(exists)), [true, false, true]);
      await proxy.faults.clear();
    });
  }

  await t.step("delays a request", async () => {
    using client = caller();
    await proxy.faults.once({ kind: "delay", ms: 300 });
    const began = performance.now();
    assertEquals((await client.call("GET", MAPS)).status, 200);
    assert(performance.now() - began >= 295);
  });

  await t.step("logs what it saw, with the fault and the answer", async () => {
    using client = caller();
    await proxy.faults.once({ kind: "answer", status: 503 }, { path: /logged/ });
    await client.call("GET", `${MAPS}/logged`);
    const last = (await proxy.requests()).at(-1);
    assertEquals([last?.method, last?.path, last?.user, last?.fault, last?.status, last?.upstreamStatus], [
      "GET",
      `${MAPS}/logged`,
      "lab-admin",
      "answer",
      503,
      undefined,
    ]);
  });
}

/** What the caller is told is not what was done. */
async function doneAnyway(t: Deno.TestContext, { proxy, caller, exists }: Parts): Promise<void> {
  await t.step("answers 500 after the effect", async () => {
    using client = caller();
    await proxy.faults.once({ kind: "answer", status: 500, when: "after" }, { method: "POST" });
    assertEquals((await client.call("POST", MAPS, { body: configMap("after-500") })).status, 500);
    assertEquals(await exists("after-500"), true);
  });

  await t.step("breaks an answer off", async () => {
    using client = caller();
    await proxy.faults.once({ kind: "truncate" }, { method: "POST" });
    await assertRejects(() => client.call("POST", MAPS, { body: configMap("truncated") }), SyntaxError);
    assertEquals(await exists("truncated"), true);
  });

  for (const [answer, status] of [["first", 201], ["second", 409]] as const) {
    await t.step(`has a request done twice, and gives the ${answer} answer`, async () => {
      using client = caller();
      await proxy.faults.once({ kind: "twice", answer }, { method: "POST" });
      const { status: told, json } = await client.call("POST", MAPS, { body: configMap(`twice-${answer}`) });
      assertEquals([told, json.kind], [status, answer === "first" ? "ConfigMap" : "Status"]);
      assertEquals(await exists(`twice-${answer}`), true);
    });
  }

  await t.step("loses a connection while the request is on its way", async () => {
    using client = caller();
    await proxy.faults.once({ kind: "drop", when: "meanwhile" }, { method: "POST" });
    await assertRejects(() => client.call("POST", MAPS, { body: configMap("meanwhile") }), TypeError);
    const seen = await proxy.waitForRequest((one) => one.fault === "drop" && one.upstreamStatus !== undefined);
    assertEquals([seen.status, await exists("meanwhile")], [undefined, true]);
  });

  await t.step("refuses the connection behind one that it lost, and no other", async () => {
    using client = caller();
    await proxy.faults.once({ kind: "drop", when: "before", refuse: 1 });
    await assertRejects(() => client.call("GET", MAPS), TypeError);
    const error = await assertRejects(() => client.call("GET", MAPS), TypeError);
    assertStringIncludes(String(error.cause ?? error.message), "Connect");
    assertEquals((await client.call("GET", MAPS)).status, 200);
  });

  await t.step("tells the requests behind one alone", async () => {
    using client = caller();
    const seen = await proxy.count();
    assertEquals((await proxy.requests()).length, seen);
    await client.call("GET", MAPS);
    assertEquals((await proxy.requests(seen)).map(({ number }) => number), [seen + 1]);
  });
}

async function lostConnections(t: Deno.TestContext, { proxy, caller, exists }: Parts): Promise<void> {
  for (const scope of ["request", "connection"] as const) {
    for (const when of ["before", "after"] as const) {
      await t.step(`drops the ${scope} ${when} the request took effect`, async () => {
        using client = caller();
        const name = `drop-${scope}-${when}`;
        await client.call("GET", MAPS);
        await proxy.faults.once({ kind: "drop", when, scope }, { method: "POST" });
        await assertRejects(() => client.call("POST", MAPS, { body: configMap(name) }), TypeError);
        assertEquals(await exists(name), when === "after");
        assertEquals((await client.call("GET", MAPS)).status, 200);
        const [first, dropped, next] = (await proxy.requests()).slice(-3);
        assertEquals(dropped?.upstreamStatus, when === "after" ? 201 : undefined);
        assertEquals(dropped?.connection, first?.connection);
        assertEquals(next?.connection === first?.connection, scope === "request");
      });
    }
  }
}

async function heldRequests(t: Deno.TestContext, { proxy, caller, exists }: Parts): Promise<void> {
  await t.step("holds a request and lets it through to a caller who waits", async () => {
    using client = caller();
    await proxy.faults.once({ kind: "hold" }, { method: "POST" });
    const answer = client.call("POST", MAPS, { body: configMap("held") });
    const held = await proxy.waitForRequest((request) => request.fault === "hold");
    assertEquals(await exists("held"), false);
    assertEquals(await proxy.release(held), 201);
    assertEquals((await answer).status, 201);
  });

  await t.step("lets a held request through after its caller is gone", async () => {
    await proxy.faults.once({ kind: "hold" }, { method: "POST", path: /configmaps/ });
    const gone = new AbortController();
    using client = caller();
    const answer = assertRejects(() => client.call("POST", MAPS, { body: configMap("late"), signal: gone.signal }));
    const held = await proxy.waitForRequest((request) => request.fault === "hold" && request.status === undefined);
    gone.abort();
    await answer;
    assertEquals(await exists("late"), false);
    assertEquals(await proxy.release(held), 201);
    assertEquals(await exists("late"), true);
  });

  await t.step("says so when a request is not held", async () => {
    using client = caller();
    await client.call("GET", MAPS);
    const last = (await proxy.requests()).at(-1);
    assert(last);
    const error = await assertRejects(() => proxy.release(last), Error);
    assertStringIncludes(error.message, `request ${last.number} is not held`);
  });

  await t.step("never answers nor passes on a request that hangs", async () => {
    using client = caller();
    await proxy.faults.once({ kind: "hang" }, { method: "POST" });
    const signal = AbortSignal.timeout(300);
    await assertRejects(() => client.call("POST", MAPS, { body: configMap("hung"), signal }));
    assertEquals(await exists("hung"), false);
  });
}

async function partitions(t: Deno.TestContext, { proxy, caller, exists }: Parts): Promise<void> {
  await t.step("is silent to old and new connections, then mends", async () => {
    using old = caller();
    await old.call("GET", MAPS);
    await proxy.partition("silent");
    using fresh = caller();
    const names = ["silent-old", "silent-new"];
    const calls = [old, fresh].map((client, index) =>
      client.call("POST", MAPS, { body: configMap(names[index] ?? ""), signal: AbortSignal.timeout(300) })
    );
    for (const call of calls) await assertRejects(() => call);
    await proxy.partition("none");
    assertEquals((await fresh.call("GET", MAPS)).status, 200);
    assertEquals(await Promise.all(names.map(exists)), [false, false]);
  });

  await t.step("refuses connections, then mends under the same address", async () => {
    using client = caller();
    await client.call("GET", MAPS);
    await proxy.partition("refuse");
    const error = await assertRejects(() => client.call("GET", MAPS), TypeError);
    assertStringIncludes(String(error.cause ?? error.message), "refused");
    await proxy.partition("none");
    assertEquals((await client.call("GET", MAPS)).status, 200);
  });
}
