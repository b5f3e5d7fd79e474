import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import {
  AlreadyExists,
  ApiError,
  Conflict,
  Forbidden,
  Invalid,
  NotFound,
  Unauthorized,
  Unavailable,
} from "../../shared/kube/api_error.ts";
import { KubeClient } from "../../shared/kube/client.ts";
import type { RequestInfo } from "../../shared/kube/client_options.ts";
import { loadKubeconfig } from "../../shared/kube/kubeconfig.ts";
import { type Lab, startLab } from "../support/lab/lab.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";

interface ConfigMap {
  readonly apiVersion: "v1";
  readonly kind: "ConfigMap";
  readonly metadata: { readonly name: string; readonly uid?: string; readonly resourceVersion?: string };
  readonly data?: Readonly<Record<string, string>>;
}

Deno.test("the client on a real API server", async (t) => {
  await using lab = await startLab({ nodes: 0, controllerManager: false });
  const heard: RequestInfo[] = [];
  const onRequest = (info: RequestInfo): void => void heard.push(info);
  using admin = new KubeClient(await loadKubeconfig(lab.admin.kubeconfigPath), { userAgent: "danm-test", onRequest });

  await t.step("objects are created, read, replaced, patched and deleted", () => lifeOfAnObject(admin));
  await t.step("every refusal has its class and leaves no effect", () => refusals(admin));
  await t.step("preconditions guard a DELETE", () => preconditions(admin));
  await t.step("a list reads all pages", () => pages(admin));
  await t.step("objects near etcd's limit pass", () => largeObjects(admin));
  await t.step("rights and identities are told apart", () => identities(lab));
  await t.step("a ServiceAccount's token is accepted, from a file as well", () => tokens(lab));
  await t.step("a YAML kubeconfig by kubectl is accepted", () => yaml(lab));
  await t.step("a write whose deadline passed may land later", () => lateWrite(lab, admin));
  await t.step("reads survive a restart of etcd", () => restart(lab, admin));
  await t.step("every request was heard of", () => {
    assert(heard.length > 20);
    assertEquals(heard.filter(({ ms, attempt }) => !(ms > 0) || attempt < 1), []);
  });
});

function configMap(name: string, data: Record<string, string> = {}): ConfigMap {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data };
}

async function lifeOfAnObject(admin: KubeClient): Promise<void> {
  const made = await admin.create<ConfigMap>(MAPS, configMap("life", { a: "1" }), {
    query: { fieldValidation: "Strict" },
  });
  assertEquals(made.data, { a: "1" });
  assertEquals(await admin.get<ConfigMap>(`${MAPS}/life`), made);
  const replaced = await admin.replace<ConfigMap>(`${MAPS}/life`, { ...made, data: { a: "2" } });
  assertEquals(replaced.data, { a: "2" });
  const merge = { contentType: "application/merge-patch+json" } as const;
  const patched = await admin.patch<ConfigMap>(`${MAPS}/life`, { data: { b: "3" } }, merge);
  assertEquals(patched.data, { a: "2", b: "3" });
  const json = { contentType: "application/json-patch+json" } as const;
  await admin.patch(`${MAPS}/life`, [{ op: "remove", path: "/data/a" }], json);
  const applied = await admin.patch<ConfigMap>(`${MAPS}/life`, configMap("life", { c: "4" }), {
    contentType: "application/apply-patch+yaml",
    query: { fieldManager: "danm", force: "true" },
  });
  assertEquals(applied.data, { b: "3", c: "4" });
  await admin.delete(`${MAPS}/life`);
  await assertRejects(() => admin.get(`${MAPS}/life`), NotFound);
}

async function refusals(admin: KubeClient): Promise<void> {
  const { metadata } = await admin.create<ConfigMap>(MAPS, configMap("taken"));
  const stale = { ...configMap("taken"), metadata: { ...metadata, resourceVersion: "1" } };
  const cases = [
    {
      type: AlreadyExists,
      call: () => admin.create(MAPS, configMap("taken")),
      says: 'configmaps "taken" already exists',
    },
    { type: Conflict, call: () => admin.replace(`${MAPS}/taken`, stale), says: "the object has been modified" },
    { type: Invalid, call: () => admin.create(MAPS, configMap("UPPER")), says: "metadata.name" },
    {
      type: NotFound,
      call: () => admin.delete(`${MAPS}/absent`),
      says: `DELETE ${MAPS}/absent: 404 NotFound: configmaps "absent"`,
    },
    { type: NotFound, call: () => admin.get("/apis/example.org/v1/things"), says: "404 page not found" },
    { type: ApiError, call: () => admin.create(MAPS, { ...configMap("x"), data: 5 }), says: "400 BadRequest" },
  ];
  for (const { type, call, says } of cases) {
    const error = await assertRejects(call, ApiError);
    assertEquals(error.constructor, type, error.message);
    assertStringIncludes(error.message, says);
    assertEquals([error.effect, error.tries], ["none", 1]);
  }
  const unknownField = { ...configMap("strict"), colour: "red" };
  const error = await assertRejects(
    () => admin.create(MAPS, unknownField, { query: { fieldValidation: "Strict" } }),
    ApiError,
  );
  assertStringIncludes(error.message, 'unknown field "colour"');
}

async function preconditions(admin: KubeClient): Promise<void> {
  const { metadata } = await admin.create<ConfigMap>(MAPS, configMap("guarded"));
  const path = `${MAPS}/guarded`;
  const another = { uid: "00000000-0000-0000-0000-000000000000" };
  await assertRejects(() => admin.delete(path, { preconditions: another }), Conflict);
  await assertRejects(() => admin.delete(path, { preconditions: { resourceVersion: "1" } }), Conflict);
  await admin.delete(path, { dryRun: true });
  assertEquals((await admin.get<ConfigMap>(path)).metadata.uid, metadata.uid);
  await admin.delete(path, {
    preconditions: { uid: metadata.uid ?? "", resourceVersion: metadata.resourceVersion ?? "" },
  });
  await assertRejects(() => admin.get(path), NotFound);
}

async function pages(admin: KubeClient): Promise<void> {
  const names = Array.from({ length: 23 }, (_, i) => `page-${String(i).padStart(2, "0")}`);
  await Promise.all(names.map((name) => admin.create(MAPS, configMap(name, { big: "x".repeat(1_500) }))));
  const all = await admin.list<ConfigMap>(MAPS, { limit: 5 });
  assertEquals(all.map(({ metadata }) => metadata.name).filter((name) => name.startsWith("page-")), names);
  const one = await admin.list<ConfigMap>(MAPS, { fieldSelector: "metadata.name=page-07" });
  assertEquals(one.map(({ metadata }) => metadata.name), ["page-07"]);
  assertEquals(await admin.list(MAPS, { labelSelector: "app=none" }), []);
}

async function largeObjects(admin: KubeClient): Promise<void> {
  const data = { big: "ü".repeat(500_000) };
  assertEquals((await admin.create<ConfigMap>(MAPS, configMap("large", data))).data, data);
  const tooLarge = configMap("too-large", { big: "x".repeat(4_000_000) });
  const error = await assertRejects(() => admin.create(MAPS, tooLarge), ApiError);
  assertEquals([error.status, error.reason], [413, "RequestEntityTooLarge"]);
}

async function identities(lab: Lab): Promise<void> {
  const nobody = await lab.user("nobody");
  using client = new KubeClient(await loadKubeconfig(nobody.kubeconfigPath));
  const forbidden = await assertRejects(() => client.get(`${MAPS}/taken`), Forbidden);
  assertStringIncludes(forbidden.message, 'User "nobody" cannot get resource "configmaps"');
  const { clientCertificate: _, ...anonymous } = await loadKubeconfig(nobody.kubeconfigPath);
  using stranger = new KubeClient({ ...anonymous, token: () => Promise.resolve("made-up") });
  await assertRejects(() => stranger.create(MAPS, configMap("x")), Unauthorized);
}

async function tokens(lab: Lab): Promise<void> {
  await lab.kubectl(["create", "serviceaccount", "reader"]);
  await lab.kubectl(["create", "role", "reader", "--verb=get", "--resource=configmaps"]);
  await lab.kubectl(["create", "rolebinding", "reader", "--role=reader", "--serviceaccount=default:reader"]);
  const user = await lab.serviceAccount("default", "reader");
  using client = new KubeClient(await loadKubeconfig(user.kubeconfigPath));
  assertEquals((await client.get<ConfigMap>(`${MAPS}/taken`)).metadata.name, "taken");

  const document = JSON.parse(await Deno.readTextFile(user.kubeconfigPath));
  document.users[0].user = { tokenFile: "rotated.token" };
  await Deno.writeTextFile(`${lab.dir}/token-file.json`, JSON.stringify(document));
  await Deno.writeTextFile(`${lab.dir}/rotated.token`, "expired\n");
  const target = await loadKubeconfig(`${lab.dir}/token-file.json`);
  await Deno.writeTextFile(`${lab.dir}/rotated.token`, `${user.token}\n`);
  using rotated = new KubeClient(target);
  assertEquals((await rotated.get<ConfigMap>(`${MAPS}/taken`)).metadata.name, "taken");
}

async function yaml(lab: Lab): Promise<void> {
  const text = await lab.kubectl(["config", "view", "--raw", "--flatten", "-o", "yaml"]);
  await Deno.writeTextFile(`${lab.dir}/admin.yaml`, text, { mode: 0o600 });
  using client = new KubeClient(await loadKubeconfig(`${lab.dir}/admin.yaml`));
  assertEquals((await client.get<ConfigMap>(`${MAPS}/taken`)).metadata.name, "taken");
}

/** Why a record of what may have been written outlives its request. */
async function lateWrite(lab: Lab, admin: KubeClient): Promise<void> {
  lab.controlPlane.stallEtcd();
  try {
    const signal = AbortSignal.timeout(500);
    const error = await assertRejects(() => admin.create(MAPS, configMap("late"), { signal }), Unavailable);
    assertEquals([error.reason, error.effect, error.tries], ["Aborted", "unknown", 1]);
  } finally {
    lab.controlPlane.resumeEtcd();
  }
  // Both ends are legitimate, which is what "unknown" means; the API server must be able to say which it was.
  const [found] = await Promise.allSettled([admin.get(`${MAPS}/late`)]);
  if (found.status === "rejected") assertInstanceOf(found.reason, NotFound);
}

async function restart(lab: Lab, admin: KubeClient): Promise<void> {
  const done = lab.controlPlane.restartEtcd();
  const reads = Array.from({ length: 5 }, () => admin.get<ConfigMap>(`${MAPS}/taken`));
  await done;
  assertEquals((await Promise.all(reads)).map(({ metadata }) => metadata.name), Array(5).fill("taken"));
}
