import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { loadInCluster } from "./in_cluster.ts";
import { KubeconfigError } from "./kube_target.ts";

const CERT = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

async function withServiceAccount(files: Record<string, string>, use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "service-account-" });
  try {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${dir}/${name}`, text);
    await use(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a Pod's ServiceAccount is a target", async (t) => {
  const servers = { "10.96.0.1": "https://10.96.0.1:443", "fd00::1": "https://[fd00::1]:443" };
  for (const [host, server] of Object.entries(servers)) {
    await t.step(host, async () => {
      await withServiceAccount({ "ca.crt": CERT, token: "t1\n", namespace: "danm-system" }, async (dir) => {
        const target = await loadInCluster({ host, port: "443", dir });
        assertEquals([target.server, target.namespace, target.caCerts], [server, "danm-system", [CERT]]);
        assertEquals(await target.token?.(), "t1");
      });
    });
  }
});

Deno.test("a mount without namespace is accepted", async () => {
  await withServiceAccount({ "ca.crt": CERT, token: "t1" }, async (dir) => {
    assertEquals((await loadInCluster({ host: "h", port: "1", dir })).namespace, undefined);
  });
});

Deno.test("what is missing in a Pod is named", async (t) => {
  const host = "10.96.0.1";
  const cases = [
    { name: "environment", env: { host: undefined, port: "443" }, files: {}, says: "KUBERNETES_SERVICE_HOST and" },
    { name: "token", env: { host, port: "443" }, files: { "ca.crt": CERT }, says: "/token cannot be read" },
    {
      name: "empty token",
      env: { host, port: "443" },
      files: { "ca.crt": CERT, token: "" },
      says: "/token is empty; set",
    },
    { name: "authority", env: { host, port: "443" }, files: { token: "t" }, says: "ca.crt names" },
    {
      name: "PEM",
      env: { host, port: "443" },
      files: { "ca.crt": "x", token: "t" },
      says: 'no PEM block "CERTIFICATE"',
    },
  ];
  for (const { name, env, files, says } of cases) {
    await t.step(name, async () => {
      await withServiceAccount(files as Record<string, string>, async (dir) => {
        const error = await assertRejects(() => loadInCluster({ ...env, dir }), KubeconfigError);
        assertStringIncludes(error.message, says);
      });
    });
  }
});
