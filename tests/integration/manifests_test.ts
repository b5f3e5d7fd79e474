import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseAllDocuments } from "yaml";
import { ROOT } from "../../tasks/support/root.ts";
import { version } from "../../tasks/support/version.ts";
import { REMOVAL_MS } from "../support/cluster/danm_cluster.ts";
import { type Lab, startLab } from "../support/lab/lab.ts";
import { run } from "../support/run.ts";
import { waitFor } from "../support/wait.ts";
import { findBadPods } from "./manifests/find_bad_pods.ts";
import { findLooseEnds } from "./manifests/find_loose_ends.ts";
import { FLAVOURS, keyOf, type Manifest, overlayPath, render, renderText } from "./manifests/rendered.ts";

const KINDS = {
  lightweight: ["clusternetworks", "danmeps", "danmips", "danmnets", "danmnetworkpolicies"],
  production: ["clusternetworks", "danmeps", "danmips", "danmnetworkpolicies", "tenantconfigs", "tenantnetworks"],
};

/** kubectl sends the selector of every PodDisruptionBudget again, by the API's own merge rules; nothing changes. */
const ALWAYS_SENT = /^poddisruptionbudget\./;

for (const flavour of FLAVOURS) {
  Deno.test(`${flavour}: the manifests fit together`, async (t) => {
    const text = await renderText(overlayPath(flavour));
    const manifests = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
    await t.step("they are the same each time", async () => assertEquals(await renderText(overlayPath(flavour)), text));
    await t.step("whatever they name is there", () => assertEquals(findLooseEnds(manifests), []));
    await t.step("containers have requests, limits, probes, and as few rights as they can", async () => {
      assertEquals(findBadPods(manifests, { version: await version() }), []);
    });
    await t.step("its kinds are those of the flavour", () => {
      const crds = manifests.filter(({ kind }) => kind === "CustomResourceDefinition");
      assertEquals(crds.map((crd) => crd["spec"].names.plural).sort(), KINDS[flavour]);
    });
    await t.step("no right is for all verbs or all resources", () => {
      const rules = manifests.filter(({ kind }) => /^(Cluster)?Role$/.test(kind)).flatMap((role) => role["rules"]);
      assert(rules.length > 10);
      assertEquals(rules.filter((rule) => JSON.stringify(rule).includes(`"*"`)), []);
    });
    await t.step("every object says whose it is", () => {
      const strangers = manifests.filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/part-of"] !== "danm");
      assertEquals(strangers.map(keyOf), []);
    });
  });

  Deno.test(`${flavour}: one command installs, one removes`, async (t) => {
    await using lab = await startLab({ nodes: 0 });
    const overlay = overlayPath(flavour);
    await t.step("kubectl apply -k installs, without a warning", async () => {
      const lines = await kubectlLines(lab, ["apply", "-k", overlay, "--validate=strict"]);
      assertEquals(lines.filter((line) => !line.endsWith(" created")), []);
      assertEquals(lines.length, (await render(overlay)).length);
    });
    await t.step("its kinds answer, and there is nothing of them", async () => {
      // Whoever asks also makes the API server prepare their storage, without which deletion can take long: REMOVAL_MS.
      const argv = ["get", KINDS[flavour].join(","), "--all-namespaces", "-o", "name"];
      assertEquals(await waitFor("the kinds to be served", () => lab.kubectl(argv)), "");
    });
    await t.step("once more changes nothing, nor takes from the webhook what it wrote", () => applyAgain(lab, overlay));
    await t.step("kubectl delete -k removes it with its networks, though no webhook answers", async () => {
      await makeNetwork(lab, overlay);
      await kubectlLines(lab, ["delete", "-k", overlay]).catch((error) => tellWhatIsLeft(lab, error));
      assertEquals(await lab.kubectl(["get", "-k", overlay, "--ignore-not-found", "-o", "name"]).catch(noKind), "");
      assertEquals(await lab.kubectl(["api-resources", "--api-group=danm.io", "-o", "name"]), "");
    });
    await t.step("it can be installed again, by a server-side apply", async () => {
      const lines = await kubectlLines(lab, ["apply", "-k", overlay, "--server-side"]);
      assertEquals(lines.filter((line) => !line.endsWith(" serverside-applied")), []);
    });
  });
}

Deno.test("components change what they say and nothing else", async (t) => {
  await t.step("webhook_pod_network keeps the webhook to the restricted profile", async () => {
    const [base, changed] = await withComponent("webhook_pod_network");
    const spec = changed["spec"].template.spec;
    assertEquals([spec.hostNetwork, spec.dnsPolicy], [false, "ClusterFirst"]);
    assertEquals({ ...spec, hostNetwork: true, dnsPolicy: "Default" }, base["spec"].template.spec);
  });
  await t.step("single_node has one webhook", async () => {
    const [base, changed] = await withComponent("single_node");
    assertEquals([base["spec"].replicas, changed["spec"].replicas], [2, 1]);
  });
});

/** The webhook's Deployment without and with a component. */
async function withComponent(name: string): Promise<[Manifest, Manifest]> {
  // kustomize takes paths below the folder of a kustomization or relative ones only.
  const folder = await Deno.makeTempDir({ dir: `${ROOT}/k8s/overlays`, prefix: ".test-" });
  try {
    const kustomization = { resources: ["../production"], components: [`../../components/${name}`] };
    await Deno.writeTextFile(`${folder}/kustomization.yaml`, JSON.stringify(kustomization));
    const [base, changed] = await Promise.all([render(overlayPath("production")), render(folder)]);
    const others = (manifests: Manifest[]): Manifest[] => manifests.filter(({ kind }) => kind !== "Deployment");
    assertEquals(others(changed), others(base));
    return [deployment(base), deployment(changed)];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function deployment(manifests: Manifest[]): Manifest {
  const found = manifests.find(({ kind }) => kind === "Deployment");
  assert(found);
  return found;
}

/** What kubectl prints on stdout; warnings are failures. */
async function kubectlLines(lab: Lab, argv: readonly string[]): Promise<string[]> {
  const command = [lab.kubectlPath, "--kubeconfig", lab.admin.kubeconfigPath, "--cache-dir", `${lab.dir}/kubectl`];
  const { stdout, stderr } = await run([...command, ...argv], { timeoutMs: REMOVAL_MS });
  assertEquals(stderr, "");
  return stdout.trim().split("\n");
}

async function applyAgain(lab: Lab, overlay: string): Promise<void> {
  const path = "validatingwebhookconfiguration/danm-webhook";
  const caBundle = btoa("an authority");
  const patch = [{ op: "add", path: "/webhooks/0/clientConfig/caBundle", value: caBundle }];
  await lab.kubectl(["patch", path, "--type=json", "--patch", JSON.stringify(patch)]);
  const lines = await kubectlLines(lab, ["apply", "-k", overlay, "--validate=strict"]);
  assertEquals(lines.filter((line) => !line.endsWith(" unchanged") && !ALWAYS_SENT.test(line)), []);
  const stored = JSON.parse(await lab.kubectl(["get", path, "-o", "json"]));
  assertEquals(stored.webhooks[0].clientConfig.caBundle, caBundle);
}

/** A network, made while nobody asks for the webhook, and the webhook's configurations as they were. */
async function makeNetwork(lab: Lab, overlay: string): Promise<void> {
  const configurations = "mutatingwebhookconfiguration,validatingwebhookconfiguration";
  await lab.kubectl(["delete", configurations, "danm-webhook"]);
  const spec = { NetworkID: "bridge", NetworkType: "bridge" };
  const network = { apiVersion: "danm.io/v1", kind: "ClusterNetwork", metadata: { name: "default" }, spec };
  await waitFor("the webhook not to be asked", async () => {
    await lab.kubectl(["apply", "-f", "-"], { stdin: JSON.stringify(network) });
    return true;
  });
  await kubectlLines(lab, ["apply", "-k", overlay]);
  const error = await waitFor("the webhook to be missed", async () => {
    const argv = ["delete", "clusternetwork", "default", "--dry-run=server"];
    return await lab.kubectl(argv).then(() => undefined, (error: Error) => error.message);
  });
  assertMatch(error, /failed calling webhook "validate-networks\.danm\.io"/);
}

/** Kinds say in their conditions why they do not go. */
async function tellWhatIsLeft(lab: Lab, cause: Error): Promise<never> {
  const { items } = JSON.parse(await lab.kubectl(["get", "crds,namespaces", "-o", "json"]));
  const going = items.filter(({ metadata }: Manifest) => metadata.deletionTimestamp !== undefined);
  const conditions = going.map(({ metadata, status }: Manifest) => `${metadata.name}: ${JSON.stringify(status)}`);
  throw new Error(`what is left:\n${conditions.join("\n")}`, { cause });
}

/** After the removal kubectl does not know our kinds any more, which is as good as not to find objects of them. */
function noKind(error: Error): string {
  assertMatch(error.message, /no matches for kind/);
  return "";
}
