import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { stringify } from "yaml";
import { startLab } from "../support/lab/lab.ts";
import { waitFor } from "../support/wait.ts";
import { applyCrds } from "./crd_cases/api.ts";
import { InstallerHost } from "./installer/installer_host.ts";
import { installRights, NODES } from "./installer/rights.ts";

Deno.test("an installer that cannot read what it is told says so, and goes on when it can", async (t) => {
  await using lab = await startLab({ nodes: 0 });
  await applyCrds(lab);
  await installRights(lab);
  const host = await InstallerHost.create(lab, { node: NODES[0], number: 1 });
  await t.step("settings, on a node without DANM", () => fresh(host));
  await t.step("settings, on a node that has everything, which it keeps", () => installed(host));
  await t.step("the way to the API server", () => unreachable(host));
});

async function fresh(host: InstallerHost): Promise<void> {
  await host.write("etc/danm/timeoutMs", "30s");
  const installer = await host.start();
  await installer.unready("ConfigMap danm-settings: timeoutMs: ");
  await host.write("etc/danm/timeoutMs", "5000");
  await installer.ready();
  assertEquals(JSON.parse(await Deno.readTextFile(host.confPath)).plugins[0].timeoutMs, 5000);
  assertEquals(await installer.terminate(), 0);
}

async function installed(host: InstallerHost): Promise<void> {
  const conf = await Deno.readTextFile(host.confPath);
  const kubeconfig = await Deno.readTextFile(host.kubeconfigPath);
  await host.write("etc/danm/apiServer", "somewhere");
  const installer = await host.start();
  await installer.unready("apiServer: must be a URL");
  assertEquals(await Deno.readTextFile(host.confPath), conf);
  await Deno.writeTextFile(host.kubeconfigPath, kubeconfig.replace(/("token":")[^"]*/, "$1damaged"));
  await installer.says("the kubeconfig is damaged");
  const now = JSON.parse(await Deno.readTextFile(host.kubeconfigPath));
  assertEquals(now.clusters, JSON.parse(kubeconfig).clusters);
  await Deno.remove(host.path("etc/danm/apiServer"));
  await installer.ready();
  assertEquals(await Deno.readTextFile(host.confPath), conf);
  await host.write("etc/danm/apiServer", "somewhere");
  await installer.unready("apiServer: must be a URL");
  await Deno.remove(host.confPath);
  const isBack = async (): Promise<boolean> => (await host.files()).includes("etc/cni/net.d/00-danm.conflist");
  await waitFor("the configuration to be back", isBack, { timeoutMs: 40_000 });
  await Deno.remove(host.path("etc/danm/apiServer"));
  await installer.ready();
  assertEquals(await installer.terminate(), 0);
}

async function unreachable(host: InstallerHost): Promise<void> {
  const { kubeconfigPath } = await host.user();
  const right = await Deno.readTextFile(kubeconfigPath);
  const before = await host.files();
  await Deno.writeTextFile(kubeconfigPath, "{");
  const installer = await host.start({ kubeconfig: kubeconfigPath });
  await installer.unready(kubeconfigPath);
  // A relay listens whether or not it can be of use.
  assertEquals((await host.files()).filter((path) => path !== "run/danm/relay.sock"), before);
  await Deno.writeTextFile(kubeconfigPath, stringify(JSON.parse(right)));
  await installer.ready();
  assertEquals(await installer.terminate(), 0);
  const log = await installer.log();
  assertStringIncludes(log, "for the Pod that takes over");
  assert(!/^\s+at /m.test(log), `a stack trace: ${log}`);
}
