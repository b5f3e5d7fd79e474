import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { Forbidden } from "../../shared/kube/api_error.ts";
import { KubeClient } from "../../shared/kube/client.ts";
import { loadKubeconfig } from "../../shared/kube/kubeconfig.ts";
import { resourcePath } from "../../shared/schema/resources.ts";
import { type Lab, startLab } from "../support/lab/lab.ts";
import { waitFor } from "../support/wait.ts";
import { danmIp } from "./admission/objects.ts";
import { clientFor } from "../support/kube/client_for.ts";
import { applyCrds, refusal } from "./crd_cases/api.ts";
import { BRIDGE, InstallerHost } from "./installer/installer_host.ts";
import { installRights, NODES } from "./installer/rights.ts";

Deno.test("the installer with a real API server and a directory tree for a node", async (t) => {
  await using lab = await startLab({ nodes: 0 });
  await applyCrds(lab);
  await installRights(lab);
  using admin = await clientFor(lab.admin);
  const host = await InstallerHost.create(lab, { node: NODES[0], number: 1 });
  await t.step("puts everything in its place, the configuration last", () => installs(host, admin));
  await t.step("the plugins' token holds for the node alone", () => tokenIsOfNode(host));
  await t.step("ends as it was told, and what it installed stays", () => restarts(host));
  await t.step("puts back what somebody removes or changes", () => repairs(host));
  await t.step("follows the CNI plugin before and the settings", () => follows(host));
  await t.step("keeps what is there while no API server answers", () => apiAway(host));
  await t.step("renews a token that is refused, or was left by another Node of that name", () => renews(host, lab));
  await t.step("says what is missing, and writes no configuration before", () => missing(lab));
});

async function installs(host: InstallerHost, admin: KubeClient): Promise<void> {
  const installer = await host.start();
  await installer.ready();
  const conf = JSON.parse(await Deno.readTextFile(host.confPath));
  assertEquals(conf, {
    cniVersion: "1.1.0",
    name: "danm",
    plugins: [{
      type: "danm",
      kubeconfig: host.kubeconfigPath,
      cniDir: host.path("etc/cni/net.d"),
      nodeName: host.node,
      formerConf: host.path("etc/cni/net.d/10-bridge.conflist"),
      capabilities: { portMappings: true },
    }],
  });
  assertEquals((await Deno.stat(host.kubeconfigPath)).mode! & 0o777, 0o600);
  const { spec } = await admin.get<{ spec: unknown }>(resourcePath("ClusterNetwork", { name: "default" }));
  assertEquals(spec, { NetworkID: "10-bridge", NetworkType: "bridge" });
  await installer.says("the Node tells what links it can make");
  const { metadata } = await admin.get<{ metadata: { labels: Record<string, string> } }>(`/api/v1/nodes/${host.node}`);
  assertEquals(metadata.labels["danm.io/macvlan"], "true");
  for (const kind of ["ipvlan", "vlan", "vxlan"]) {
    assertMatch(metadata.labels[`danm.io/${kind}`] ?? "", /^(true|false)$/);
  }
  assertEquals((await host.files()).filter((path) => path.endsWith(".new")), []);
  assertEquals(await compiledPlugins(host), ["danm", "danm-ipam"]);
  assertEquals((await Deno.lstat(host.relayPath)).isSocket, true);
  assertEquals(await installer.terminate(), 0);
  assertEquals((await host.files()).filter((path) => path.endsWith(".sock")), []);
}

async function tokenIsOfNode(host: InstallerHost): Promise<void> {
  using client = new KubeClient(await loadKubeconfig(host.kubeconfigPath));
  await client.create(resourcePath("DanmIp"), danmIp("10.0.0.1", host.node));
  const error = await refusal(() => client.create(resourcePath("DanmIp"), danmIp("10.0.0.2", NODES[1])));
  assert(error instanceof Forbidden);
  assertStringIncludes(error.message, `spec.node must be ${host.node}, the node of this token, not ${NODES[1]}`);
}

/** Plugins whose calls find their code compiled where they are installed, with no long log to be read before. */
async function compiledPlugins(host: InstallerHost): Promise<string[]> {
  const [version] = (await host.files()).filter((path) => path.endsWith("/lib/danm/main.js"));
  assert(version, "no version is installed");
  const cache = host.path(version.replace(/lib\/danm\/main\.js$/, "cache"));
  const logs = Array.from(Deno.readDirSync(cache), ({ name }) => name).filter((name) => name.endsWith("-wal"));
  // The installer's own calls wrote their first few kB of script; the verbs are hundreds.
  assertEquals(logs.filter((name) => Deno.statSync(`${cache}/${name}`).size > 100_000), []);
  using database = new DatabaseSync(`${cache}/v8_code_cache_v2`);
  const rows = database.prepare("SELECT specifier FROM codecache WHERE specifier LIKE '%/verbs-%'").all();
  return rows.map(({ specifier }) => String(specifier).split("/").at(-2) ?? "").sort();
}

async function restarts(host: InstallerHost): Promise<void> {
  const before = await state(host);
  const installer = await host.start();
  await installer.ready();
  assertEquals(await installer.terminate(), 0);
  assertStringIncludes(await installer.log(), "for the Pod that takes over");
  assertEquals(await state(host), before);
}

async function repairs(host: InstallerHost): Promise<void> {
  const before = await state(host);
  const installer = await host.start();
  await installer.ready();
  const [bundle] = (await host.files()).filter((path) => path.endsWith("lib/danm/main.js"));
  await Deno.remove(host.confPath);
  await Deno.remove(host.relayPath);
  await Deno.writeTextFile(host.path("opt/cni/bin/danm-ipam"), "another");
  await Deno.remove(host.path(bundle ?? ""));
  const same = async (): Promise<boolean> => JSON.stringify(await state(host)) === JSON.stringify(before);
  await waitFor("everything to be back", same, { timeoutMs: 40_000 });
  assertEquals((await Deno.lstat(host.relayPath)).isSocket, true);
  await installer.ready();
  await installer.terminate();
}

async function follows(host: InstallerHost): Promise<void> {
  const [bridge] = BRIDGE.plugins;
  await host.write("etc/cni/net.d/10-bridge.conflist", JSON.stringify({ ...BRIDGE, plugins: [bridge] }));
  await host.write("etc/danm/logLevel", "debug\n");
  await host.write("etc/danm/namingScheme", "\n");
  const installer = await host.start();
  await installer.ready();
  const [plugin] = JSON.parse(await Deno.readTextFile(host.confPath)).plugins;
  assertEquals([plugin.capabilities, plugin.logLevel, plugin.namingScheme], [undefined, "debug", undefined]);
  await host.write("etc/danm/logLevel", "loud");
  await installer.unready("logLevel: Invalid option");
  await host.write("etc/danm/logLevel", "warn");
  await waitFor("the new level", async () => (await Deno.readTextFile(host.confPath)).includes(`"warn"`), {
    timeoutMs: 40_000,
  });
  await installer.terminate();
}

async function apiAway(host: InstallerHost): Promise<void> {
  const before = await state(host);
  const { clusters: [{ cluster: { server } }] } = JSON.parse(await Deno.readTextFile(host.kubeconfigPath));
  // For the plugins the API server is where it was; what the installer itself calls is closed.
  await host.write("etc/danm/apiServer", server);
  const closed = await host.lab.userAt(await host.user(), server.replace(/:\d+$/, ":1"));
  const installer = await host.start({ kubeconfig: closed.kubeconfigPath });
  await installer.says("the node keeps what it has");
  await installer.ready();
  await Deno.remove(host.path("etc/danm/apiServer"));
  await installer.terminate();
  assertStringIncludes(await installer.log(), "nobody says whether DANM is being removed");
  assertEquals(await state(host), before);
}

async function renews(host: InstallerHost, lab: Lab): Promise<void> {
  const before = await Deno.readTextFile(host.kubeconfigPath);
  await lab.kubectl(["delete", "node", host.node]);
  await lab.kubectl(["create", "-f", "-"], {
    stdin: JSON.stringify({ apiVersion: "v1", kind: "Node", metadata: { name: host.node } }),
  });
  const { kubeconfigPath } = await lab.serviceAccount("danm-system", "danm-installer", { node: host.node });
  const installer = await host.start({ kubeconfig: kubeconfigPath });
  await installer.says("the token is bound to an earlier Node of this name");
  await installer.ready();
  await installer.terminate();
  const text = await Deno.readTextFile(host.kubeconfigPath);
  assert(text !== before);
  // The signature says that it is somebody else's.
  await Deno.writeTextFile(
    host.kubeconfigPath,
    text.replace(/[\w-]{20}("\}\}\],"contexts")/, "AAAAAAAAAAAAAAAAAAAA$1"),
  );
  const next = await host.start({ kubeconfig: kubeconfigPath });
  await next.says("the API server refuses the token");
  await next.ready();
  await next.terminate();
}

async function missing(lab: Lab): Promise<void> {
  const host = await InstallerHost.create(lab, { node: NODES[1], number: 2 });
  await Deno.rename(host.path("opt/cni/bin/bridge"), host.path("bridge"));
  const installer = await host.start();
  await installer.unready("10-bridge.conflist needs the plugin bridge, which is not in");
  await Deno.rename(host.path("bridge"), host.path("opt/cni/bin/bridge"));
  await host.write("etc/cni/net.d/00-calico.conflist", JSON.stringify(BRIDGE));
  await installer.unready("the runtime uses 00-calico.conflist, whose name sorts before 00-danm.conflist");
  assertEquals((await host.files()).includes("etc/cni/net.d/00-danm.conflist"), false);
  await Deno.remove(host.path("etc/cni/net.d/00-calico.conflist"));
  await installer.ready();
  await installer.terminate();
}

/** Everything of a tree but what Deno caches, and the relay: path and content. */
async function state(host: InstallerHost): Promise<[string, string][]> {
  const paths = (await host.files()).filter((path) => !/\/deno$|\.sock$/.test(path));
  return await Promise.all(
    paths.map(async (path): Promise<[string, string]> => [path, await Deno.readTextFile(host.path(path))]),
  );
}
