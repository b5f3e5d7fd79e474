import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { loadKubeconfig } from "./kubeconfig.ts";
import { KubeconfigError } from "./kube_target.ts";

const CERT = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const KEY = "-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n-----END EC PRIVATE KEY-----\n";
const SECRETS = ["s3cret", "c2VjcmV0", btoa(KEY)];

type Fields = Record<string, unknown>;

function kubeconfig(
  { cluster = {}, user = {}, ...more }: { cluster?: Fields; user?: Fields; [key: string]: unknown },
): Fields {
  return {
    "current-context": "c1",
    contexts: [{ name: "c1", context: { cluster: "k1", user: "u1", namespace: "ns" } }],
    clusters: [{ name: "k1", cluster: { server: "https://10.0.0.1:6443/", ...cluster } }],
    users: [{ name: "u1", user }],
    ...more,
  };
}

async function withFiles(files: Record<string, string>, use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "kubeconfig-" });
  try {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${dir}/${name}`, text, { mode: 0o700 });
    await use(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a JSON kubeconfig with data fields is resolved", async () => {
  const document = kubeconfig({
    cluster: { "certificate-authority-data": btoa(CERT), "proxy-url": "http://proxy:3128" },
    user: { "client-certificate-data": btoa(CERT), "client-key-data": btoa(KEY) },
  });
  await withFiles({ config: JSON.stringify(document) }, async (dir) => {
    assertEquals(await loadKubeconfig(`${dir}/config`), {
      source: `kubeconfig ${dir}/config, context c1`,
      server: "https://10.0.0.1:6443",
      namespace: "ns",
      caCerts: [CERT],
      proxyUrl: "http://proxy:3128",
      clientCertificate: { cert: CERT, key: KEY },
      token: undefined,
    });
  });
});

Deno.test("files are relative to the kubeconfig, and data wins over them", async () => {
  const other = CERT.replace("AAAA", "BBBB");
  const document = kubeconfig({
    cluster: { "certificate-authority": "ca.crt" },
    user: { "client-certificate": "missing", "client-certificate-data": btoa(other), "client-key": "me.key" },
  });
  await withFiles({ config: JSON.stringify(document), "ca.crt": CERT, "me.key": KEY }, async (dir) => {
    const target = await loadKubeconfig(`${dir}/config`);
    assertEquals([target.caCerts, target.clientCertificate], [[CERT], { cert: other, key: KEY }]);
  });
});

Deno.test("a YAML kubeconfig is read, with another context than the current one", async () => {
  const text = `apiVersion: v1
current-context: none
contexts:
- {name: c1, context: {cluster: k1, user: u1}}
clusters:
- name: k1
  cluster:
    server: https://api:6443
users:
- name: u1
  user: {token: s3cret}
`;
  await withFiles({ config: text }, async (dir) => {
    const target = await loadKubeconfig(`${dir}/config`, { context: "c1" });
    assertEquals([target.server, target.namespace, await target.token?.()], ["https://api:6443", undefined, "s3cret"]);
  });
});

Deno.test("a token file wins over the token, and is read again after a refusal", async () => {
  const document = kubeconfig({ user: { token: "old", tokenFile: "token" } });
  await withFiles({ config: JSON.stringify(document), token: "first\n" }, async (dir) => {
    const { token } = await loadKubeconfig(`${dir}/config`);
    assertEquals(await token?.(), "first");
    await Deno.writeTextFile(`${dir}/token`, "second\n");
    assertEquals(await token?.(), "first");
    assertEquals(await token?.("first"), "second");
    assertEquals(await token?.(), "second");
  });
});

Deno.test("a tls-server-name that is the server's own is accepted", async () => {
  const document = kubeconfig({ cluster: { server: "https://[fd00::1]:6443", "tls-server-name": "fd00::1" } });
  await withFiles({ config: JSON.stringify(document) }, async (dir) => {
    assertEquals((await loadKubeconfig(`${dir}/config`)).server, "https://[fd00::1]:6443");
  });
});

Deno.test("exec plugins give a token, by a command relative to the kubeconfig", async () => {
  const credential = {
    apiVersion: "client.authentication.k8s.io/v1",
    kind: "ExecCredential",
    status: { token: "from-plugin" },
  };
  const exec = { apiVersion: credential.apiVersion, command: "./plugin", interactiveMode: "Never" };
  const plugin = `#!/bin/sh\necho '${JSON.stringify(credential)}'\n`;
  await withFiles({ config: JSON.stringify(kubeconfig({ user: { exec } })), plugin }, async (dir) => {
    const target = await loadKubeconfig(`${dir}/config`);
    assertEquals([await target.token?.(), target.clientCertificate], ["from-plugin", undefined]);
  });
});

Deno.test("an exec plugin that answers without credentials is named", async () => {
  const credential = { apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: {} };
  const exec = { apiVersion: credential.apiVersion, command: "./plugin", interactiveMode: "Never" };
  const plugin = `#!/bin/sh\necho '${JSON.stringify(credential)}'\n`;
  await withFiles({ config: JSON.stringify(kubeconfig({ user: { exec } })), plugin }, async (dir) => {
    const error = await assertRejects(() => loadKubeconfig(`${dir}/config`), KubeconfigError);
    assertStringIncludes(error.message, "users[u1].user.exec answered without a token or a certificate");
  });
});

Deno.test("exec plugins give a certificate", async () => {
  const status = { clientCertificateData: CERT, clientKeyData: KEY };
  const credential = { apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status };
  const exec = { apiVersion: credential.apiVersion, command: "./plugin", interactiveMode: "Never" };
  const plugin = `#!/bin/sh\ncat <<'END'\n${JSON.stringify(credential)}\nEND\n`;
  await withFiles({ config: JSON.stringify(kubeconfig({ user: { exec } })), plugin }, async (dir) => {
    const target = await loadKubeconfig(`${dir}/config`);
    assertEquals([target.token, target.clientCertificate], [undefined, { cert: CERT, key: KEY }]);
  });
});

Deno.test("faults name file, context and field, and never a secret", async (t) => {
  const exec = { apiVersion: "client.authentication.k8s.io/v1", interactiveMode: "Never" };
  const cases: readonly { name: string; text: unknown; says: readonly string[]; field?: string }[] = [
    { name: "empty file", text: "", says: ["is empty or not an object"] },
    { name: "a list", text: "[]", says: ["is empty or not an object"] },
    {
      name: "neither JSON nor YAML",
      text: "users:\n- s3cret\n  : [\n",
      says: ["neither JSON nor YAML: ", " in line "],
    },
    { name: "an unknown anchor", text: "users: *all\n", says: ["neither JSON nor YAML: an alias"] },
    {
      name: "no current context",
      text: { users: [] },
      says: ["current-context is empty", "kubectl config use-context"],
      field: "current-context",
    },
    {
      name: "an unknown context",
      text: kubeconfig({ contexts: [{ name: "a" }, { name: "b" }] }),
      says: ["context c1: contexts[c1] does not exist (there are: a, b)"],
    },
    {
      name: "an unknown cluster",
      text: kubeconfig({ clusters: null }),
      says: ["clusters[k1] does not exist (there are: none)"],
    },
    {
      name: "an unknown user",
      text: kubeconfig({ users: [] }),
      says: ["users[u1] does not exist"],
      field: "users[u1]",
    },
    {
      name: "no server",
      text: kubeconfig({ cluster: { server: "" } }),
      says: ["clusters[k1].cluster.server is missing or no URL"],
      field: "clusters[k1].cluster.server",
    },
    {
      name: "another protocol",
      text: kubeconfig({ cluster: { server: "ftp://x" } }),
      says: ["is neither https nor http"],
    },
    {
      name: "a password in the URL",
      text: kubeconfig({ cluster: { server: "https://u:s3cret@x" } }),
      says: ["server holds a user name or password"],
    },
    {
      name: "no verification",
      text: kubeconfig({ cluster: { "insecure-skip-tls-verify": true } }),
      says: ["insecure-skip-tls-verify cannot be honoured; give certificate-authority-data"],
    },
    {
      name: "another server name",
      text: kubeconfig({ cluster: { "tls-server-name": "kube.local" } }),
      says: ["tls-server-name cannot be honoured; use kube.local as host name"],
    },
    {
      name: "a wrong type",
      text: kubeconfig({ user: { token: 5 } }),
      says: ["users[u1].user.token must be a string"],
      field: "users[u1].user.token",
    },
    { name: "a wrong list", text: kubeconfig({ users: {} }), says: ["users must be a list"] },
    { name: "a wrong entry", text: kubeconfig({ clusters: ["k1"] }), says: ["clusters[0] must be an object"] },
    {
      name: "a key without certificate",
      text: kubeconfig({ user: { "client-key-data": btoa(KEY) } }),
      says: ["users[u1].user.client-certificate is missing"],
    },
    {
      name: "a certificate without key",
      text: kubeconfig({ user: { "client-certificate-data": btoa(CERT) } }),
      says: ["users[u1].user.client-key is missing"],
    },
    {
      name: "data that is not base64",
      text: kubeconfig({ user: { "client-key-data": "s3cret!" } }),
      says: ["client-key-data is not base64"],
    },
    {
      name: "data that is no PEM",
      text: kubeconfig({ cluster: { "certificate-authority-data": btoa("s3cret") } }),
      says: ['certificate-authority-data holds no PEM block "CERTIFICATE"'],
    },
    {
      name: "a missing file",
      text: kubeconfig({ cluster: { "certificate-authority": "/nowhere/ca" } }),
      says: ["certificate-authority names /nowhere/ca, which cannot be read"],
    },
    {
      name: "a missing token file",
      text: kubeconfig({ user: { tokenFile: "/nowhere/token" } }),
      says: ["users[u1].user.tokenFile: token file /nowhere/token cannot be read"],
    },
    {
      name: "an empty token file",
      text: kubeconfig({ user: { tokenFile: "/dev/null" } }),
      says: ["token file /dev/null is empty"],
    },
    {
      name: "basic authentication",
      text: kubeconfig({ user: { username: "a", password: "s3cret" } }),
      says: ["is basic authentication"],
    },
    { name: "impersonation", text: kubeconfig({ user: { as: "root" } }), says: ["(impersonation) is not supported"] },
    {
      name: "a plugin that is missing",
      text: kubeconfig({ user: { exec: { ...exec, command: "/nowhere/plugin" } } }),
      says: ["users[u1].user.exec failed", "run the command by hand"],
    },
    {
      name: "a plugin that says nothing",
      text: kubeconfig({ user: { exec: { ...exec, command: "/bin/true" } } }),
      says: ["users[u1].user.exec failed"],
    },
  ];
  for (const { name, text, says, field } of cases) {
    await t.step(name, async () => {
      await withFiles({ config: typeof text === "string" ? text : JSON.stringify(text) }, async (dir) => {
        const error = await assertRejects(() => loadKubeconfig(`${dir}/config`), KubeconfigError);
        for (const part of [`kubeconfig ${dir}/config`, ...says]) assertStringIncludes(error.message, part);
        if (field !== undefined) assertEquals(error.field, field);
        for (const secret of SECRETS) assert(!error.message.includes(secret), error.message);
      });
    });
  }
});

Deno.test("a kubeconfig that cannot be read is named", async () => {
  const error = await assertRejects(() => loadKubeconfig("/nowhere/config"), KubeconfigError);
  assertStringIncludes(error.message, "kubeconfig /nowhere/config cannot be read");
});

Deno.test("a relay is an extension of the cluster; one without a socket is named", async () => {
  const extended = (extension: unknown, more: Fields = {}): string =>
    JSON.stringify(kubeconfig({
      cluster: { extensions: [{ name: "other", extension: {} }, { name: "danm.io/relay", extension }], ...more },
      user: { token: "s3cret" },
    }));
  const good = { socket: "/run/r.sock" };
  const proxied = extended(good, { "proxy-url": "http://proxy:3128" });
  await withFiles({ good: extended(good), proxied, bad: extended({ path: "x" }) }, async (dir) => {
    assertEquals((await loadKubeconfig(`${dir}/good`)).relay, "/run/r.sock");
    assertEquals((await loadKubeconfig(`${dir}/proxied`)).relay, undefined);
    const error = await assertRejects(() => loadKubeconfig(`${dir}/bad`), KubeconfigError);
    assertStringIncludes((error as Error).message, "clusters[k1].cluster.extensions[danm.io/relay] has no socket");
  });
});
