import { assert, assertEquals } from "@std/assert";
import { waitFor } from "../../support/wait.ts";
import { interfaces } from "./annotated_case.ts";
import { NETWORKS } from "./annotated_networks.ts";
import { type ObjectFields, pod, send, service, type World } from "./annotated_world.ts";
import { kubectlSays } from "./kubectl_says.ts";
import { WORKLOADS } from "./workloads.ts";

const BROKEN = { name: "broken", annotations: interfaces("eth0") };
const LATER = { name: "later", annotations: interfaces([{ network: "later", ip: "dynamic" }]) };
const PLAIN = { name: "plain", annotations: { "example.com/danm.io": "x" } };

/** How many requests for these kinds the webhook has answered. */
async function asked({ webhook }: World): Promise<number> {
  const resources = ["pods", "services", ...WORKLOADS.map(({ plural, group }) => `${plural}.${group}`)];
  const counts = await Promise.all(resources.map((resource) => webhook.admissions(`resource="${resource}"`)));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** What carries none of our annotations, or was judged before, is never sent to the webhook. */
export async function neverAsked(world: World): Promise<void> {
  const before = await asked(world);
  const create = async (object: ObjectFields, at: { group?: string; plural: string }): Promise<void> => {
    const { status, message, warnings } = await send(world, object, at);
    assertEquals([status, warnings], [201, []], message);
  };
  for (const namespace of ["apps", "kube-system", "danm-system"]) {
    const one = namespace === "apps" ? PLAIN : { ...BROKEN, namespace };
    await create(pod(one), { plural: "pods" });
    await create(service({ ...one, namespace }), { plural: "services" });
    for (const workload of WORKLOADS) {
      const object = workload.render(one) as { metadata: ObjectFields };
      await create({ ...object, metadata: { ...object.metadata, name: "plain" } }, workload);
    }
  }
  // One that another workload made, and what happens to a Pod after its creation.
  const [job] = WORKLOADS.filter(({ kind }) => kind === "Job").map((workload) => workload.render(LATER));
  const cronJob = { apiVersion: "batch/v1", kind: "CronJob", name: "c", uid: "4711", controller: true };
  await create({ ...job, metadata: { name: "owned", namespace: "apps", ownerReferences: [cronJob] } }, {
    group: "batch",
    plural: "jobs",
  });
  assertEquals(await asked(world), before);
  await world.lab.kubectl(["create", "-f", "-"], { stdin: JSON.stringify(pod(LATER)) });
  assertEquals(await asked(world), before + 1);
  await world.lab.kubectl(["annotate", "pod", "one", "-n", "apps", "danm.io/interfaces=[", "--overwrite"]);
  await world.lab.kubectl(["label", "pod", "one", "-n", "apps", "a=b"]);
  await world.lab.kubectl(["delete", "pod", "one", "-n", "apps", "--wait=false"]);
  assertEquals(await asked(world), before + 1);
  // The Pod that is made now is asked about, the Deployment is not.
  const deployments = (): Promise<number> => world.webhook.admissions('resource="deployments.apps"');
  const judged = await deployments();
  await world.lab.kubectl(["scale", "deployment", "shown", "-n", "apps", "--replicas=1"]);
  await waitFor("the Pod of the Deployment", async () => await asked(world) > before + 1);
  assertEquals(await deployments(), judged);
}

/** Everything that is not ours is created, whatever it carries; what is ours is not. */
async function goesOn(world: World): Promise<void> {
  for (const one of [BROKEN, LATER, PLAIN]) {
    const answers = await Promise.all([
      send(world, pod(one), { plural: "pods" }),
      send(world, service({ ...one, annotations: { "danm.io/selector": "app" } }), { plural: "services" }),
      ...WORKLOADS.map((workload) => {
        const object = workload.render(one) as { metadata: ObjectFields };
        return send(world, { ...object, metadata: { ...object.metadata, name: "down" } }, workload);
      }),
    ]);
    for (const { status, message, causes } of answers) assertEquals([status, causes], [201, []], message);
  }
}

/** A webhook that does not answer stops nothing but our own kinds. */
export async function hanging(world: World): Promise<void> {
  const { webhook: { replicas: [replica] } } = world;
  assert(replica);
  replica.signal("SIGSTOP");
  try {
    await goesOn(world);
  } finally {
    replica.signal("SIGCONT");
  }
}

/** Neither does one that is not there. */
export async function down(world: World): Promise<void> {
  const { webhook, lab } = world;
  const [replica] = webhook.replicas;
  assert(replica);
  await webhook.kill(replica);
  await goesOn(world);
  const network = {
    apiVersion: "danm.io/v1",
    ...NETWORKS.find(({ kind }) => kind === "DanmNet"),
    metadata: { name: "x", namespace: "apps" },
  };
  const { success, text } = await kubectlSays(lab, ["create", "-f", "-"], network);
  assert(!success && text.includes("failed calling webhook"), text);
}
