import { assertEquals, assertRejects } from "@std/assert";
import type { HostRequest } from "../shared/cni/plugin.ts";
import { CniError } from "../shared/errors.ts";
import { createVerbs } from "./verbs.ts";

const KUBECONFIG = {
  "current-context": "a",
  contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
  clusters: [{ name: "a", cluster: { server: "http://127.0.0.1:1" } }],
  users: [{ name: "a", user: { token: "t" } }],
};

/** Cannot be written: the tests leave nothing on the machine. */
const NO_LOG = `/var/log/${crypto.randomUUID()}/danm.log`;

Deno.test("STATUS says whether an ADD could work, by what the node has, and asks nobody", async (t) => {
  const dir = await Deno.makeTempDir();
  await using _removed = { [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }) };
  await Deno.writeTextFile(`${dir}/good.json`, JSON.stringify(KUBECONFIG));
  await Deno.writeTextFile(`${dir}/half.json`, "{");
  const verbs = createVerbs({ stateDir: `${dir}/state`, hintsDir: `${dir}/hints`, hostname: () => "node-1" });
  const request = (ipam: object): HostRequest => ({
    cniVersion: "1.1.0",
    networkName: "by-danm",
    path: [],
    conf: { ipam: { type: "danm-ipam", clusterNetwork: "wide", logFile: NO_LOG, ...ipam } },
  });
  await t.step("all in order", () => verbs.status(request({ kubeconfig: `${dir}/good.json` })));
  for (const file of ["none.json", "half.json", "state"]) {
    await t.step(`kubeconfig ${file}`, async () => {
      const asked = verbs.status(request({ kubeconfig: `${dir}/${file}` }));
      assertEquals((await assertRejects(() => asked, CniError, `kubeconfig ${dir}/${file}`)).code, 50);
    });
  }
  await t.step("a state directory that cannot be made", async () => {
    await Deno.writeTextFile(`${dir}/file`, "");
    const broken = createVerbs({ stateDir: `${dir}/file/state`, hintsDir: `${dir}/hints`, hostname: () => "node-1" });
    const asked = broken.status(request({ kubeconfig: `${dir}/good.json` }));
    assertEquals((await assertRejects(() => asked, CniError, `record directory ${dir}/file/state cannot`)).code, 50);
  });
  await t.step("a configuration that makes no sense", async () => {
    const asked = verbs.status(request({ kubeconfig: `${dir}/good.json`, ranges: [] }));
    assertEquals((await assertRejects(() => asked, CniError, "ipam: ranges: unknown field")).code, 7);
  });
});
