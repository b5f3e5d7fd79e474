import { assert, assertEquals } from "@std/assert";
import { Authority } from "../../tests/support/lab/certificates.ts";
import { createAuthority, issueLeaf } from "./authority.ts";
import { inspectMaterial, readAuthorities } from "./inspect_certificates.ts";
import { decodeMaterial, encodeMaterial, type Material } from "./material.ts";
import { BACKDATE_MS } from "./situation.ts";

const HOSTS = ["danm-webhook.danm-system.svc", "10.0.0.1"];
const nowMs = Date.UTC(2030, 0, 1);

async function make(): Promise<{ material: Material; other: Material }> {
  const one = async (): Promise<Material> => {
    const authority = await createAuthority({ nowMs, lifetimeMs: 10_000_000 });
    const leaf = await issueLeaf(authority, { hosts: HOSTS, nowMs, lifetimeMs: 1_000_000 });
    return { bundle: authority.cert, authorityKey: authority.key, cert: leaf.cert, key: leaf.key };
  };
  const [material, other] = await Promise.all([one(), one()]);
  return { material, other };
}

Deno.test("what is made is found whole, also after the way through a Secret", async () => {
  const { material } = await make();
  const facts = await inspectMaterial(decodeMaterial(encodeMaterial(material)), { hosts: HOSTS });
  assertEquals(facts.defects, []);
  const [authority] = facts.authorities;
  assert(authority?.ours);
  assertEquals(facts.signer, authority.fingerprint);
  assertEquals(facts.leaf?.signer, authority.fingerprint);
  assertEquals([authority.notBeforeMs, authority.notAfterMs], [nowMs - BACKDATE_MS, nowMs + 10_000_000]);
  assertEquals([facts.leaf?.notBeforeMs, facts.leaf?.notAfterMs], [nowMs - BACKDATE_MS, nowMs + 1_000_000]);
});

Deno.test("a certificate ends with its authority at the latest", async () => {
  const authority = await createAuthority({ nowMs, lifetimeMs: 5000 });
  const leaf = await issueLeaf(authority, { hosts: HOSTS, nowMs, lifetimeMs: 90_000 });
  const material = { bundle: authority.cert, authorityKey: authority.key, cert: leaf.cert, key: leaf.key };
  assertEquals((await inspectMaterial(material, { hosts: HOSTS })).leaf?.notAfterMs, nowMs + 5000);
});

Deno.test("what is wrong is said, without anything of a key", async (t) => {
  const { material, other } = await make();
  const lab = await Authority.create("no P-256 key that we know");
  const client = await lab.issue({ commonName: "client" });
  const cut = (pem: string): string => `${pem.slice(0, 80)}\n-----END CERTIFICATE-----`;
  const cases: readonly { what: string; change: Partial<Material>; expect: readonly string[] }[] = [
    {
      what: "nothing in ca.crt",
      change: { bundle: "" },
      expect: ["ca.key belongs to no authority in ca.crt", "no authority in ca.crt has signed tls.crt"],
    },
    {
      what: "text in ca.crt",
      change: { bundle: `hello\n${material.bundle}` },
      expect: ["ca.crt has something that is no authority's certificate"],
    },
    {
      what: "half a certificate in ca.crt",
      change: { bundle: material.bundle + cut(other.bundle) },
      expect: ["ca.crt has something that is no authority's certificate"],
    },
    {
      what: "a server's certificate in ca.crt",
      change: { bundle: material.bundle + other.cert },
      expect: ["ca.crt has something that is no authority's certificate"],
    },
    {
      what: "another authority in ca.crt",
      change: { bundle: other.bundle },
      expect: ["ca.key belongs to no authority in ca.crt", "no authority in ca.crt has signed tls.crt"],
    },
    {
      what: "another ca.key",
      change: { authorityKey: other.authorityKey },
      expect: ["ca.key belongs to no authority in ca.crt"],
    },
    { what: "no ca.key", change: { authorityKey: "" }, expect: ["ca.key belongs to no authority in ca.crt"] },
    {
      what: "garbage in ca.key",
      change: { authorityKey: material.authorityKey.replace("M", "?") },
      expect: ["ca.key belongs to no authority in ca.crt"],
    },
    { what: "garbage in tls.crt", change: { cert: "garbage" }, expect: ["tls.crt is no certificate"] },
    { what: "half a tls.crt", change: { cert: cut(material.cert) }, expect: ["tls.crt is no certificate"] },
    { what: "another tls.crt", change: { cert: other.cert }, expect: ["tls.key does not belong to tls.crt"] },
    {
      what: "another tls.crt and tls.key",
      change: { cert: other.cert, key: other.key },
      expect: ["no authority in ca.crt has signed tls.crt"],
    },
    { what: "no tls.key", change: { key: "" }, expect: ["tls.key does not belong to tls.crt"] },
    {
      what: "a client's certificate",
      change: { bundle: material.bundle + lab.cert, cert: client.cert, key: client.key },
      expect: ["tls.crt is not for danm-webhook.danm-system.svc, 10.0.0.1"],
    },
  ];
  for (const { what, change, expect } of cases) {
    await t.step(what, async () => {
      assertEquals((await inspectMaterial({ ...material, ...change }, { hosts: HOSTS })).defects, expect);
    });
  }
  await t.step("a name that is missing", async () => {
    const { defects, leaf } = await inspectMaterial(material, { hosts: [...HOSTS, "elsewhere.svc"] });
    assertEquals([defects, leaf], [["tls.crt is not for elsewhere.svc"], undefined]);
  });
});

Deno.test("authorities are known again by their organization, and others are not ours", async () => {
  const { material } = await make();
  const lab = await Authority.create("lab");
  const { authorities, complete } = await readAuthorities(material.bundle + lab.cert);
  assertEquals([authorities.map(({ ours }) => ours), complete], [[true, false], true]);
});

Deno.test("data of a Secret that is no text, or not base64, is empty", () => {
  assertEquals(decodeMaterial({ "ca.crt": 7, "ca.key": "§", "tls.crt": btoa("x") }), {
    bundle: "",
    authorityKey: "",
    cert: "x",
    key: "",
  });
  assertEquals(decodeMaterial(null).cert, "");
});
