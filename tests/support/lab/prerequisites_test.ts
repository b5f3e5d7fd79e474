import { assertEquals } from "@std/assert";
import { cacheRoot, GO_MISSING } from "./build.ts";
import { findMissing, type Machine, type Needs } from "./prerequisites.ts";

const COMMANDS = ["ip", "nsenter", "unshare", "taskset", "sysctl", "ping", "nft"];

interface Facts {
  readonly os?: string;
  readonly uid?: number;
  readonly commands?: readonly string[];
  readonly files?: readonly string[];
  readonly hasAssets?: boolean;
}

function machine(
  { os = "linux", uid = 0, commands = [...COMMANDS, "go"], files = [], hasAssets = false }: Facts,
): Machine {
  return {
    os,
    uid,
    hasCommand: (name) => commands.includes(name),
    hasFile: (path) => files.includes(path),
    hasAssets,
  };
}

Deno.test("findMissing", async (t) => {
  const cases: { name: string; facts: Facts; needs?: Needs; missing: string[] }[] = [
    { name: "is content with a machine that has all", facts: {}, missing: [] },
    { name: "names another system", facts: { os: "darwin" }, missing: ["the lab needs Linux, and this is darwin"] },
    {
      name: "says that root is needed, and nothing else",
      facts: { uid: 1000, commands: [] },
      missing: ["the lab makes network namespaces and needs root: run it with sudo"],
    },
    {
      name: "names the packages that it cannot install, each once",
      facts: { commands: ["go", "ip"] },
      missing: ["install what Debian has in the packages util-linux, procps, iputils-ping, nftables"],
    },
    { name: "says nothing of packages that it will install", facts: { commands: ["go", "apt-get"] }, missing: [] },
    {
      name: "asks for more where user-mode Linux is needed",
      facts: {},
      needs: { uml: true },
      missing: [
        "install what Debian has in the packages user-mode-linux, kmod",
        "/dev/net/tun is missing: load the kernel module tun, or give the container that device",
      ],
    },
    {
      name: "asks for an OCI runtime where containers run",
      facts: {},
      needs: { containers: true },
      missing: ["install what Debian has in the packages runc"],
    },
    {
      name: "asks for what builds images",
      facts: {},
      needs: { images: true },
      missing: ["install what Debian has in the packages buildah, mmdebstrap"],
    },
    { name: "asks for Go", facts: { commands: COMMANDS }, missing: [GO_MISSING] },
    { name: "needs no Go with assets", facts: { commands: COMMANDS, hasAssets: true }, missing: [] },
    { name: "needs no Go with a cache", facts: { commands: COMMANDS, files: [cacheRoot()] }, missing: [] },
  ];
  for (const { name, facts, needs, missing } of cases) {
    await t.step(name, () => assertEquals(findMissing(needs, machine(facts)), missing));
  }
});
