import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createLogger } from "../../shared/log.ts";
import type { KubeTarget } from "../../shared/kube/kube_target.ts";
import { RelayedTransport } from "../../shared/kube/relayed_transport.ts";
import { Authority } from "../support/lab/certificates.ts";
import { waitFor } from "../support/wait.ts";
import { Relay } from "../../installer/relay.ts";

/** An API server that speaks TLS, and relays before it. */
class Place implements AsyncDisposable {
  readonly #dir = Deno.makeTempDirSync({ prefix: "relay-" });
  readonly socket = `${this.#dir}/danm/relay.sock`;
  readonly log: string[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #authority: Authority;

  private constructor(authority: Authority, server: Deno.HttpServer<Deno.NetAddr>) {
    this.#authority = authority;
    this.#server = server;
  }

  static async create(answer: (request: Request) => Response | Promise<Response>): Promise<Place> {
    const authority = await Authority.create("relay");
    const keyed = await authority.issue({ commonName: "server", hosts: ["127.0.0.1"] });
    return new Place(authority, Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {}, ...keyed }, answer));
  }

  get target(): KubeTarget & { readonly relay: string } {
    return {
      source: "t",
      server: `https://127.0.0.1:${this.#server.addr.port}`,
      caCerts: [this.#authority.cert],
      relay: this.socket,
    };
  }

  relay(target: Partial<KubeTarget> = {}): Relay {
    const log = createLogger((line) => void this.log.push(line), { level: "debug" });
    return new Relay({ socket: this.socket, target: () => Promise.resolve({ ...this.target, ...target }), log });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    await Deno.remove(this.#dir, { recursive: true });
  }
}

const GET = { method: "GET", headers: { authorization: "Bearer t" } };

Deno.test("a plugin without TLS reaches the API server over HTTP/2, with its own token and bodies of any size", async () => {
  await using place = await Place.create(async (request) => {
    const body = await request.text();
    return Response.json({ token: request.headers.get("authorization"), size: body.length, back: body });
  });
  await using relay = place.relay();
  await relay.keep();
  // Nobody who does not trust the authority could have read an answer straight.
  using transport = new RelayedTransport({ ...place.target, caCerts: [] });
  const sizes = [0, 900, 100_000, 1_000_000];
  const answers = await Promise.all(
    sizes.map((size) => transport.send("/", () => ({ ...GET, method: "POST", body: "x".repeat(size) }))),
  );
  assertEquals(
    answers.map(({ body }) => JSON.parse(body)),
    sizes.map((size) => ({
      token: "Bearer t",
      size,
      back: "x".repeat(size),
    })),
  );
});

Deno.test("only root may use the socket; one that is gone, or a dead relay's, is replaced", async () => {
  await using place = await Place.create(() => new Response("ok"));
  await Deno.mkdir(dirname(place.socket));
  await Deno.writeTextFile(place.socket, "left behind");
  await using relay = place.relay();
  await relay.keep();
  const { isSocket, mode, ino } = await Deno.lstat(place.socket);
  assertEquals([isSocket, (mode ?? 0) & 0o777], [true, 0o600]);
  await relay.keep();
  assertEquals((await Deno.lstat(place.socket)).ino, ino);
  await Deno.remove(place.socket);
  await relay.keep();
  using transport = new RelayedTransport({ ...place.target, caCerts: [] });
  assertEquals((await transport.send("/", () => GET)).body, "ok");
  assertEquals([...Deno.readDirSync(dirname(place.socket))].map(({ name }) => name), ["relay.sock"]);
});

Deno.test("a relay that takes over from another keeps its socket when that one ends", async () => {
  await using place = await Place.create(() => new Response("ok"));
  for (let turn = 0; turn < 20; turn++) {
    const former = place.relay();
    await former.keep();
    await using relay = place.relay();
    await relay.keep();
    await former[Symbol.asyncDispose]();
    using transport = new RelayedTransport({ ...place.target, caCerts: [] });
    assertEquals((await transport.send("/", () => GET)).body, "ok");
  }
  assertEquals([...Deno.readDirSync(dirname(place.socket))], []);
});

Deno.test("a server that is not there, or is not the one of the authority, is the plugin's to find out", async () => {
  await using place = await Place.create(() => new Response("ok"));
  for (const wrong of [{ server: "https://127.0.0.1:1" }, { caCerts: [] }]) {
    await using relay = place.relay(wrong);
    await relay.keep();
    using transport = new RelayedTransport(place.target);
    assertEquals((await transport.send("/", () => GET)).body, "ok");
  }
  const ended = (): boolean =>
    place.log.filter((line) => line.includes("a connection of the relay ended")).length === 2;
  await waitFor("the relays to say so", ended);
});

Deno.test("a server that takes a connection and says nothing gets no more of them than end in time", async () => {
  await using place = await Place.create(() => new Response("ok"));
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = silent.accept();
  await using relay = place.relay({ server: `https://127.0.0.1:${(silent.addr as Deno.NetAddr).port}` });
  await relay.keep();
  using transport = new RelayedTransport(place.target);
  assertEquals((await transport.send("/", () => GET)).body, "ok");
  using _connection = await accepted;
  const hasEnded = (): boolean => place.log.some((line) => line.includes("a connection of the relay ended"));
  await waitFor("the relay to give up", hasEnded, { timeoutMs: 20_000 });
});

Deno.test("requests that are on their way when a relay ends its work are answered", async () => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  await using place = await Place.create(async () => {
    ask();
    await answered;
    return new Response("late");
  });
  const relay = place.relay();
  await relay.keep();
  let ended: Promise<void>;
  {
    using transport = new RelayedTransport({ ...place.target, caCerts: [] });
    const sent = transport.send("/", () => GET);
    await asked;
    ended = relay[Symbol.asyncDispose]();
    await waitFor("the socket to go", () => !existsSync(place.socket));
    answer();
    assertEquals((await sent).body, "late");
  }
  await ended;
});

Deno.test("when one side is gone, so is the other", async () => {
  let isAborted = false;
  await using place = await Place.create(async ({ signal }) => {
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    isAborted = true;
    return new Response();
  });
  await using relay = place.relay();
  await relay.keep();
  using transport = new RelayedTransport({ ...place.target, caCerts: [] });
  const signal = AbortSignal.timeout(50);
  await transport.send("/", () => ({ ...GET, signal })).catch(() => {});
  await waitFor("the server to be told", () => Promise.resolve(isAborted), { timeoutMs: 5_000 });
});

Deno.test("where no socket can be made it says so, once, and what that costs", async () => {
  await using place = await Place.create(() => new Response("ok"));
  await Deno.writeTextFile(dirname(place.socket), "a file");
  await using relay = place.relay();
  await relay.keep();
  await relay.keep();
  assertEquals(place.log.length, 1);
  assertStringIncludes(place.log[0] ?? "", "there is no relay");
  assert(JSON.parse(place.log[0] ?? "").level === "error");
});
