import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { applyCrds } from "./crd_cases/api.ts";
import { DIST } from "../support/danm_lab.ts";
import { type Lab, startLab } from "../support/lab/lab.ts";
import { run } from "../support/run.ts";
import { InstallerHost } from "./installer/installer_host.ts";
import { createDaemonSet, installRights, NODES } from "./installer/rights.ts";

Deno.test("how an installation ends, is replaced, and is interrupted", async (t) => {
  await using lab = await startLab({ nodes: 0 });
  await applyCrds(lab);
  await installRights(lab);
  const next = hosts(lab);
  await t.step("killed at any moment, it is finished by the next process", async () => interrupted(await next(), t));
  await t.step("a new version takes over while the old one stays", async () => upgrades(await next()));
  await t.step("a full disk leaves the old version at work, and says so", async () => fullDisk(await next()));
  await t.step("goes with its DaemonSet, and leaves what was there", async () => removed(await next(), lab));
  await t.step("goes although its settings cannot be read", async () => goesInSpite(await next(), lab));
  await t.step("goes out of folders that are mounted, as in a container", async () => mounted(await next()));
  await t.step("goes when its rights go", async () => rightsGone(await next(), lab));
  await t.step("what only our plugins can detach keeps them, until it is gone", async () => obstacles(await next()));
});

/** Gives one tree after the other. */
function hosts(lab: Lab): () => Promise<InstallerHost> {
  let number = 10;
  return () => InstallerHost.create(lab, { node: NODES[0], number: number++ });
}

/** Each try is killed a little later than the one before; the last one gets to its end. */
async function interrupted(host: InstallerHost, t: Deno.TestContext): Promise<void> {
  const before = await host.files();
  const seen = new Set<number>();
  for (let count = 0; count < 200; count++) {
    const installer = await host.start();
    if (await killedAfter(count, { host, installer })) {
      seen.add((await host.files()).length);
      continue;
    }
    await installer.ready();
    await installer.terminate();
    break;
  }
  assert(seen.size >= 5, `of all states only ${[...seen]} were met, in ${t.name}`);
  const after = await host.files();
  assertEquals(after.filter((path) => path.endsWith(".new")), []);
  for (const path of [...before, "etc/cni/net.d/00-danm.conflist", "opt/cni/bin/danm"]) {
    assert(after.includes(path), path);
  }
  const fresh = await InstallerHost.create(host.lab, { node: host.node, number: 9 });
  const installer = await fresh.start();
  await installer.ready();
  await installer.terminate();
  assertEquals(after, await fresh.files());
}

/** Kills it as soon as the tree has had so many changes; false when it came to its end before. */
async function killedAfter(
  count: number,
  { host, installer }: { host: InstallerHost; installer: Awaited<ReturnType<InstallerHost["start"]>> },
): Promise<boolean> {
  const watcher = Deno.watchFs(host.root, { recursive: true });
  const late = setTimeout(() => watcher.close(), 1_000 + 20 * count);
  let changes = 0;
  for await (const { kind } of watcher) {
    if (kind !== "access" && ++changes > count * 3) break;
  }
  clearTimeout(late);
  const isDone = (await installer.readyz())?.code === 200;
  if (!isDone) await installer.kill();
  return !isDone;
}

async function upgrades(host: InstallerHost): Promise<void> {
  const first = await host.start();
  await first.ready();
  const launcher = await Deno.readTextFile(host.path("opt/cni/bin/danm"));
  using running = await Deno.open(host.path("opt/cni/bin/danm"));
  await first.terminate();
  const sourceDir = await otherVersion(host);
  const second = await host.start({ sourceDir });
  await second.ready();
  await second.terminate();
  const changed = await Deno.readTextFile(host.path("opt/cni/bin/danm"));
  assert(changed !== launcher, "the launcher leads to the new version");
  const roots = [launcher, changed].map((text) => /root='(.*)'/.exec(text)?.[1] ?? "");
  for (const root of roots) assert((await Deno.stat(`${root}/lib/danm/main.js`)).isFile, root);
  const buffer = new Uint8Array(launcher.length);
  await running.read(buffer);
  assertEquals(new TextDecoder().decode(buffer), launcher, "who reads the old launcher gets all of it");
  const back = await host.start();
  await back.ready();
  await back.terminate();
  assertEquals(await Deno.readTextFile(host.path("opt/cni/bin/danm")), launcher);
}

async function fullDisk(host: InstallerHost): Promise<void> {
  const dir = host.path("var/lib/danm");
  await Deno.mkdir(dir, { recursive: true });
  const size = Math.ceil((await Deno.stat(`${DIST}/deno`)).size * 1.5);
  await run(["mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", dir]);
  try {
    const first = await host.start();
    await first.ready();
    await first.terminate();
    const before = await Deno.readTextFile(host.path("opt/cni/bin/danm"));
    const second = await host.start({ sourceDir: await otherVersion(host) });
    await second.unready("cannot be installed, the version that is there stays: No space left on device");
    await second.terminate();
    assertEquals(await Deno.readTextFile(host.path("opt/cni/bin/danm")), before);
    const conf = JSON.parse(await Deno.readTextFile(host.confPath));
    await run([host.path("opt/cni/bin/danm")], {
      env: { CNI_COMMAND: "STATUS", CNI_PATH: host.path("opt/cni/bin") },
      stdin: JSON.stringify({ ...conf.plugins[0], cniVersion: "1.1.0", name: "danm" }),
    });
    assertEquals((await host.files()).filter((path) => path.endsWith(".new")), []);
  } finally {
    await run(["umount", dir]);
  }
}

async function removed(host: InstallerHost, lab: Lab): Promise<void> {
  const before = await host.files();
  const installer = await host.start();
  await installer.ready();
  // The Pod of a network that the CNI plugin before undoes, too, and which goes on living.
  await host.write("var/lib/cni/danm/u1~c1~eth0.attached", JSON.stringify(record({ conf: "mynet", name: "eth0" })));
  await installer.says("the Node tells what links it can make");
  assertMatch(await labelsOf(lab), /danm\.io\/macvlan/);
  await lab.kubectl(["delete", "daemonset", "danm-cni", "--namespace", "danm-system"]);
  assertEquals(await installer.terminate(), 0);
  await createDaemonSet(lab);
  assertStringIncludes(await installer.log(), "DaemonSet danm-cni is deleted");
  assertEquals(await host.files(), before);
  await assertRejects(() => Deno.stat(host.path("var/lib/danm")), Deno.errors.NotFound);
  assertEquals(/danm\.io/.test(await labelsOf(lab)), false);
}

function labelsOf(lab: Lab): Promise<string> {
  return lab.kubectl(["get", "node", NODES[0], "-o", "jsonpath={.metadata.labels}"]);
}

/** Also those that its process has never been able to read. */
async function goesInSpite(host: InstallerHost, lab: Lab): Promise<void> {
  const before = await host.files();
  const first = await host.start();
  await first.ready();
  await first.terminate();
  await host.write("etc/danm/logLevel", "loud");
  const next = await host.start();
  await next.unready("logLevel: Invalid option");
  await lab.kubectl(["delete", "rolebinding", "danm-installer", "--namespace", "danm-system"]);
  await lab.kubectl(["delete", "daemonset", "danm-cni", "--namespace", "danm-system"]);
  assertEquals(await next.terminate(), 0);
  await installRights(lab);
  assertStringIncludes(await next.log(), "the settings cannot be read: the runtime is to use the first");
  await Deno.remove(host.path("etc/danm/logLevel"));
  assertEquals(await host.files(), before);
}

/** Neither can the mounted folders be removed, nor anything written beside them. */
async function mounted(host: InstallerHost): Promise<void> {
  const [lib = "", ...dirs] = ["var/lib", "var/lib/danm", "var/lib/cni"].map((path) => host.path(path));
  for (const dir of dirs) await Deno.mkdir(dir, { recursive: true });
  const before = await host.files();
  await run(["mount", "--bind", lib, lib]);
  try {
    for (const dir of dirs) await run(["mount", "-t", "tmpfs", "tmpfs", dir]);
    await run(["mount", "-o", "remount,bind,ro", lib]);
    const installer = await host.start();
    await installer.ready();
    await installer.terminate();
    assertEquals(await host.uninstall(), 0);
    assertEquals(await host.files(), before);
  } finally {
    await run(["umount", "--recursive", lib]);
  }
}

async function rightsGone(host: InstallerHost, lab: Lab): Promise<void> {
  const before = await host.files();
  const installer = await host.start();
  await installer.ready();
  await lab.kubectl(["delete", "rolebinding", "danm-installer", "--namespace", "danm-system"]);
  assertEquals(await installer.terminate(), 0);
  await installRights(lab);
  assertStringIncludes(await installer.log(), "the installer has lost its rights");
  assertEquals(await host.files(), before);
}

async function obstacles(host: InstallerHost): Promise<void> {
  const before = await host.files();
  const installer = await host.start();
  await installer.ready();
  await installer.terminate();
  const path = "var/lib/cni/danm/u1~c1~eth0.attached";
  await host.write(path, JSON.stringify(record({ conf: "storage", name: "eth1" })));
  assertEquals(await host.uninstall(), 3);
  const left = await host.files();
  assertEquals(left.includes("etc/cni/net.d/00-danm.conflist"), false);
  for (const needed of ["opt/cni/bin/danm", "etc/cni/net.d/danm.d/kubeconfig.json", path]) {
    assert(left.includes(needed), needed);
  }
  await Deno.remove(host.path(path));
  assertEquals(await host.uninstall(), 0);
  assertEquals(await host.files(), before);
  assertEquals(await host.uninstall(), 0);
}

/** A record of a Pod with one interface of a bridge, which takes its address from a plugin of its own. */
function record({ conf, name }: { conf: string; name: string }): object {
  const plugin = { type: "bridge", conf: { name: conf, type: "bridge", ipam: { type: "host-local" } } };
  return {
    ifname: "eth0",
    pod: { namespace: "default", name: "web", uid: "u1" },
    delegates: [{ interface: name, plugins: [plugin] }],
  };
}

/** A build that differs from ours in one bundle. */
async function otherVersion(host: InstallerHost): Promise<string> {
  const dir = `${host.root}-other-version`;
  await run(["cp", "--archive", "--no-target-directory", DIST, dir]);
  await Deno.writeTextFile(`${dir}/lib/fakeipam/main.js`, "// another build\n", { append: true });
  return dir;
}
