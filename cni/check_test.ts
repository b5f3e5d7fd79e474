import { assertEquals } from "@std/assert";
import type { OwnedObject } from "../ipam/ledger.ts";
import type { CniResult } from "../shared/cni/cni_result.ts";
import { toCniError } from "../shared/cni/to_cni_error.ts";
import { CommandError, type Run } from "../shared/host/run.ts";
import { apiError } from "../shared/kube/api_error.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import { danmIpName } from "../shared/schema/danm_ip.ts";
import { sandboxRecord, SandboxWorld } from "../tests/support/cni/sandbox_world.ts";
import type { AddDeps } from "./add.ts";
import { check } from "./check.ts";
import type { SandboxRecord } from "./record.ts";

const SIGNAL = new AbortController().signal;
const ADDRESS = danmIpName("10.0.0.5", "dn.default.n");
const RESULT: CniResult = {
  interfaces: [{ name: "eth0", sandbox: "/run/netns/a" }],
  ips: [{ address: "10.0.0.5/24", interface: 0 }],
};
const LINK = { ifname: "eth0", flags: ["UP"], addr_info: [{ local: "10.0.0.5", prefixlen: 24 }] };

/** A sandbox with an address and an endpoint in the API and in its kernel. */
class CheckWorld extends SandboxWorld {
  links: unknown[] = [LINK];
  failure: CommandError | undefined;

  readonly #run: Run = (argv) => {
    if (this.failure) return Promise.reject(this.failure);
    const documents = argv.includes("-6") ? [[], []] : [this.links, [], []];
    return Promise.resolve(documents.map((document) => JSON.stringify(document)).join("\n"));
  };

  async attach(changes: Partial<SandboxRecord> = {}): Promise<void> {
    const uids = [await this.#create("DanmIp"), await this.#create("DanmEp")];
    const objects = [this.#ref("DanmIp"), this.#ref("DanmEp")].map((ref, index): OwnedObject => ({
      ...ref,
      interface: "eth0",
      uid: uids[index],
    }));
    this.records.write(sandboxRecord({ objects, ...changes }));
  }

  #ref(kind: "DanmIp" | "DanmEp"): Pick<OwnedObject, "kind" | "name" | "namespace"> {
    return kind === "DanmIp" ? { kind, name: ADDRESS } : { kind, namespace: "default", name: "web-1" };
  }

  async #create(kind: "DanmIp" | "DanmEp", containerID = "c1"): Promise<string> {
    const address = { space: "dn.default.n", address: "10.0.0.5", containerID, interface: "eth0" };
    const endpoint = { NetworkName: "n", Interface: { Name: "eth0", Address: "10.0.0.5/24" }, CID: containerID };
    const made = await this.server.create(this.#ref(kind), kind === "DanmIp" ? address : endpoint, SIGNAL);
    return made.kind === "created" ? made.uid : "";
  }

  /** Deletes an object, and makes it again for a sandbox where one is named. */
  async replace(kind: "DanmIp" | "DanmEp", containerID?: string): Promise<void> {
    const uid = (await this.server.find(this.#ref(kind), SIGNAL))?.uid ?? "";
    await this.server.remove(this.#ref(kind), { uid, signal: SIGNAL });
    if (containerID !== undefined) await this.#create(kind, containerID);
  }

  /** @returns code and message; undefined when CHECK has nothing to say */
  async check(prevResult: CniResult | "none" = RESULT): Promise<[number, string] | undefined> {
    const request = {
      ...{
        cniVersion: "1.0.0",
        networkName: "danm",
        containerID: "c1",
        ifname: "eth0",
        netns: "/run/netns/a",
      } as const,
      ...{ args: "", path: [], conf: {}, ...(prevResult !== "none" && { prevResult }), signal: SIGNAL },
    };
    try {
      await check(request, this.#deps());
      return undefined;
    } catch (error) {
      const { code, message } = toCniError(error, "CHECK");
      return [code, message];
    }
  }

  #deps(): AddDeps {
    const get = <T>(path: string): Promise<T> => {
      const found = this.server.objects.find(({ ref }) => path.endsWith(`/${ref.name}`));
      if (found) return Promise.resolve({ metadata: { name: found.ref.name }, spec: found.spec } as T);
      return Promise.reject(apiError({ verb: "GET", path, status: 404, reason: "NotFound", text: "", effect: "none" }));
    };
    const client: Pick<KubeClient, "get"> = { get };
    return {
      ...this.deps({ run: this.#run }),
      client: () => Promise.resolve(client as KubeClient),
      assignedDevices: () => Promise.resolve(new Map()),
      sysfsRoot: "/none",
    };
  }
}

Deno.test("CHECK has nothing to say of a sandbox that is as it was", async () => {
  using world = new CheckWorld();
  await world.attach();
  assertEquals(await world.check(), undefined);
});

Deno.test("CHECK needs a result to compare with, and a sandbox that is attached", async () => {
  using world = new CheckWorld();
  assertEquals(await world.check(), [104, "sandbox c1 is not attached on this node"]);
  await world.attach({ state: "attaching" });
  assertEquals(await world.check("none"), [7, "configuration: prevResult is missing"]);
  assertEquals(await world.check(), [104, "sandbox c1 is not attached on this node"]);
});

Deno.test("objects that are gone or another's are named", async (t) => {
  const cases: { name: string; kind: "DanmIp" | "DanmEp"; owner?: string; says: string }[] = [
    { name: "an address that is gone", kind: "DanmIp", says: `eth0: DanmIp ${ADDRESS} is gone` },
    { name: "another's address", kind: "DanmIp", owner: "c2", says: `eth0: DanmIp ${ADDRESS} belongs to sandbox c2` },
    { name: "a new object", kind: "DanmIp", owner: "c1", says: `eth0: DanmIp ${ADDRESS} was deleted and made again` },
    { name: "an endpoint that is gone", kind: "DanmEp", says: "eth0: DanmEp web-1 is gone" },
    { name: "another's endpoint", kind: "DanmEp", owner: "c2", says: "eth0: DanmEp web-1 belongs to sandbox c2" },
  ];
  for (const { name, kind, owner, says } of cases) {
    await t.step(name, async () => {
      using world = new CheckWorld();
      await world.attach();
      await world.replace(kind, owner);
      assertEquals(await world.check(), [106, says]);
    });
  }
});

Deno.test("an object that was never confirmed is not missed", async () => {
  using world = new CheckWorld();
  await world.attach({
    objects: [{ kind: "DanmIp", name: "10.0.0.9.dn.default.n", interface: "eth0", unsettledAt: 1 }],
  });
  assertEquals(await world.check({}), undefined);
});

Deno.test("everything that the kernel has otherwise is one error", async () => {
  using world = new CheckWorld();
  await world.attach({ rules: [{ interface: "eth0", from: "10.0.0.5/32", table: 7 }] });
  world.links = [{ ...LINK, flags: [], addr_info: [] }];
  const gone = ["the link is down", "the address 10.0.0.5/24 is gone", "the rule from 10.0.0.5/32 to table 7 is gone"];
  assertEquals(await world.check(), [106, gone.map((text) => `eth0: ${text}`).join("; ")]);
});

Deno.test("a delegate that has something to say does not hide what we know", async () => {
  using world = new CheckWorld();
  const plugins = [{ type: "absent", conf: { cniVersion: "1.0.0" } }];
  await world.attach({ delegates: [{ interface: "eth0", plugins }] });
  world.links = [];
  await world.replace("DanmIp");
  const said = "eth0: no executable absent in CNI_PATH ";
  assertEquals(await world.check(), [106, `eth0: the link is gone; eth0: DanmIp ${ADDRESS} is gone; ${said}`]);
});

Deno.test("a namespace that is gone is named, with what else is; other failures of commands are failures", async () => {
  using world = new CheckWorld();
  await world.attach();
  await world.replace("DanmIp");
  const stderr = "nsenter: cannot open /run/netns/a: No such file or directory";
  world.failure = new CommandError(["nsenter"], { code: 1, stdout: "", stderr });
  const gone = "the network namespace /run/netns/a of sandbox c1 is gone";
  assertEquals(await world.check(), [106, `eth0: DanmIp ${ADDRESS} is gone; ${gone}`]);
  world.failure = new CommandError(["ip"], { code: 1, stdout: "", stderr: "no memory" });
  await world.replace("DanmIp", "c1");
  const [code, message] = await world.check() ?? [];
  assertEquals([code, message?.includes("no memory")], [106, true]);
});
