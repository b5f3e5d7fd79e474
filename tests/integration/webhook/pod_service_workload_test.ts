import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startLab } from "../../support/lab/lab.ts";
import { WebhookLab } from "../../support/webhook/webhook_lab.ts";
import { type AnnotatedCase, interfaces } from "./annotated_case.ts";
import { type ObjectFields, pod, putNetworks, send, service, type World } from "./annotated_world.ts";
import { type ApiAnswer, ApiAsker } from "./api_answer.ts";
import { assertWarnings } from "./judging.ts";
import { kubectlSays } from "./kubectl_says.ts";
import { POD_CASES } from "./pod_cases/all.ts";
import { SERVICE_CASES } from "./service_cases.ts";
import { down, hanging, neverAsked } from "./undisturbed.ts";
import { WORKLOADS } from "./workloads.ts";

const BROKEN = { name: "broken", annotations: interfaces("eth0") };
const LATER = { name: "later", annotations: interfaces([{ network: "later", ip: "dynamic" }]) };
const PLAIN = { name: "plain", annotations: { "example.com/danm.io": "x" } };

Deno.test("Pods, Services and workloads on a real API server", async (t) => {
  await using lab = await startLab({ nodes: 0 });
  await putNetworks(lab);
  await using webhook = await WebhookLab.start(lab);
  using asker = await ApiAsker.as(lab.admin);
  const world = { lab, webhook, asker };
  for (const one of POD_CASES) await t.step(`Pod: ${one.name}`, () => tryOne(world, { one, object: pod(one) }));
  for (const one of SERVICE_CASES) {
    await t.step(`Service: ${one.name}`, () => tryOne(world, { one, object: service(one) }));
  }
  for (const workload of WORKLOADS) await t.step(workload.kind, () => tryWorkload(world, workload));
  await t.step("a stored Service stays editable", () => editService(world));
  await t.step("kubectl shows denials and warnings", () => kubectlShows(world));
  await t.step("what is none of the webhook's business never gets there", () => neverAsked(world));
  await t.step("while the webhook hangs, everything but our own kinds goes on", () => hanging(world));
  await t.step("while the webhook is down, everything but our own kinds goes on", () => down(world));
});

async function tryOne(world: World, { one, object }: { one: AnnotatedCase; object: ObjectFields }): Promise<void> {
  const answer = await send(world, object, { plural: `${String(object["kind"]).toLowerCase()}s` });
  const { denied = [], warned = [] } = one;
  assertEquals(answer.status, denied.length > 0 ? 422 : 201, answer.message);
  assertEquals(answer.causes.map(({ field }) => field), denied.map(([field]) => field), answer.message);
  for (const [field, reason] of denied) {
    assertStringIncludes(answer.message, field);
    assertStringIncludes(answer.message, reason);
  }
  assertWarnings(answer.warnings, warned);
}

async function tryWorkload(world: World, workload: typeof WORKLOADS[number]): Promise<void> {
  const name = `one-${workload.plural}`;
  const render = (one: AnnotatedCase, more: ObjectFields = {}): ObjectFields => {
    const { metadata, ...object } = workload.render(one) as { metadata: ObjectFields };
    return { ...object, metadata: { ...metadata, name, ...more } };
  };
  for (const one of [BROKEN, LATER]) {
    const { status, warnings } = await send(world, render(one), workload);
    assertEquals(status, 201);
    assertWarnings(warnings, [one === BROKEN ? "not JSON" : "DanmNet apps/later does not exist"]);
  }
  assertEquals((await send(world, render(PLAIN), { ...workload, dryRun: false })).warnings, []);
  const path = `/apis/${workload.group}/v1/namespaces/apps/${workload.plural}/${name}`;
  // A Job's template cannot be changed.
  if (workload.kind === "Job") return;
  const changed = await world.asker.send("PUT", path, render(LATER));
  assertEquals(changed.status, 200, changed.message);
  assertWarnings(changed.warnings, ["DanmNet apps/later does not exist"]);
  const labelled = await world.asker.send("PUT", path, render(LATER, { labels: { a: "b" } }));
  assertEquals([labelled.status, labelled.warnings], [200, []]);
}

async function editService(world: World): Promise<void> {
  const good = { "danm.io/selector": '{"app": "web"}', "danm.io/network": "v4" };
  const put = async (annotations: Record<string, string>, more: ObjectFields = {}): Promise<ApiAnswer> => {
    const object = service({ name: "", annotations });
    const metadata = { ...object["metadata"] as ObjectFields, name: "edited", ...more };
    const path = "/api/v1/namespaces/apps/services";
    const known = await world.asker.send("PUT", `${path}/edited`, { ...object, metadata });
    return known.status === 404 ? await world.asker.send("POST", path, { ...object, metadata }) : known;
  };
  assertEquals((await put(good)).status, 201);
  const broken = await put({ ...good, "danm.io/selector": "app" });
  assertEquals([broken.status, broken.causes.map(({ field }) => field)], [422, [
    "metadata.annotations[danm.io/selector]",
  ]]);
  assertEquals((await put(good, { labels: { a: "b" } })).status, 200);
  const missing = await put({ ...good, "danm.io/network": "later" });
  assertEquals(missing.status, 200);
  assertWarnings(missing.warnings, ["danm.io/network: DanmNet apps/later does not exist"]);
}

async function kubectlShows({ lab }: World): Promise<void> {
  const outside = pod({ name: "", annotations: interfaces([{ network: "v4", ip: "10.3.0.9" }]) });
  const denied = await kubectlSays(lab, ["create", "-f", "-"], outside);
  assert(!denied.success, denied.text);
  assertStringIncludes(
    denied.text,
    'The Pod "one" is invalid: metadata.annotations[danm.io/interfaces][0].ip: 10.3.0.9 is not inside 10.2.0.0/24',
  );
  const [deployment] = WORKLOADS;
  const object = { ...deployment?.render(LATER), metadata: { name: "shown", namespace: "apps" } };
  const warned = await kubectlSays(lab, ["create", "-f", "-"], object);
  assert(warned.success, warned.text);
  assertStringIncludes(warned.text, "Warning: danm.io/interfaces[0]: DanmNet apps/later does not exist");
  assertStringIncludes(warned.text, "deployment.apps/shown created");
}
