import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Lab, startLab } from "../support/lab/lab.ts";
import { waitFor } from "../support/wait.ts";
import { HelmChart, RELEASE } from "./manifests/helm_chart.ts";
import { keyOf, type Manifest } from "./manifests/rendered.ts";

const CONFIGURATIONS = "mutatingwebhookconfiguration,validatingwebhookconfiguration";
const DANM_EPS = "customresourcedefinition.apiextensions.k8s.io/danmeps.danm.io\n";
const PART = "--selector=app.kubernetes.io/part-of=danm";

Deno.test("helm installs, upgrades and removes DANM", async (t) => {
  await using chart = await HelmChart.make();
  await using lab = await startLab({ nodes: 0 });
  const manifests = await chart.template();
  await t.step("helm install makes every object", async () => {
    const { stderr } = await chart.helm(["install", ...RELEASE, chart.path], { lab });
    assertEquals(stderr, "");
    assertEquals(Object.keys(await stored(lab, manifests)).sort(), manifests.map(keyOf).sort());
  });
  await t.step("helm upgrade with another tag changes the images and nothing else", async () => {
    await writeCaBundle(lab);
    const before = await stored(lab, manifests);
    await chart.helm(["upgrade", ...RELEASE, chart.path, "--reset-then-reuse-values", "--set=image.tag=9.9.9"], {
      lab,
    });
    const after = await stored(lab, manifests);
    const changed = Object.keys(after).filter((key) => JSON.stringify(after[key]) !== JSON.stringify(before[key]));
    assertEquals(changed.sort(), ["DaemonSet/danm-system/danm-cni", "Deployment/danm-system/danm-webhook"]);
    assertStringIncludes(JSON.stringify(after), "danm.local/webhook:9.9.9");
    const text = JSON.stringify(after).replaceAll(/(danm\.local\/\w+):9\.9\.9/g, "$1:0.1.0");
    assertEquals(JSON.parse(text), before);
  });
  await t.step("helm upgrade brings kinds of the next release, and rolls settings out", async () => {
    const path = `${chart.path}/templates/customresourcedefinition-danmeps.danm.io.yaml`;
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace("  labels:\n", '  labels:\n    next: "true"\n'));
    await chart.helm(["upgrade", ...RELEASE, chart.path, "--set=settings.nadSupport=true"], { lab });
    assertEquals(await lab.kubectl(["get", "crds", "--selector=next=true", "-o", "name"]), DANM_EPS);
    const maps = JSON.parse(await lab.kubectl(["get", "configmaps", "-n", "danm-system", PART, "-o", "json"])).items;
    assertEquals(maps.map(({ data }: Manifest) => data.nadSupport), ["true"]);
  });
  await t.step("helm uninstall leaves the kinds with their networks, though no webhook answers", async () => {
    await makeNetwork(lab);
    const { stdout } = await chart.helm(["uninstall", ...RELEASE, "--wait", "--timeout=180s"], { lab });
    assertMatch(stdout, /kept due to the resource policy/);
    const left = await stored(lab, manifests);
    assertEquals([...new Set(Object.values(left).map(({ kind }) => kind))], ["CustomResourceDefinition"]);
    assertEquals(Object.keys(left).length, 6);
    assertEquals(await networks(lab), "clusternetwork.danm.io/default\n");
    assertEquals(await lab.kubectl(["get", "secrets", "-n", "kube-system", "-l", "owner=helm", "-o", "name"]), "");
  });
  await t.step("it can be installed again, and finds them", async () => {
    await chart.helm(["install", ...RELEASE, chart.path], { lab });
    assertEquals(await networks(lab), "clusternetwork.danm.io/default\n");
    await chart.helm(["uninstall", ...RELEASE, "--wait", "--timeout=180s"], { lab });
  });
  await t.step("one command removes the kinds, with all networks", async () => {
    await lab.kubectl(["delete", "crds", PART, "--timeout=120s"], { timeoutMs: 130_000 });
    assertEquals(await stored(lab, manifests), {});
    assertEquals(await lab.kubectl(["api-resources", "--api-group=danm.io", "-o", "name"]), "");
  });
});

/** Those of the objects that are there, without what the API server and controllers say of them. */
async function stored(lab: Lab, manifests: readonly Manifest[]): Promise<Record<string, Manifest>> {
  const stdin = JSON.stringify({ apiVersion: "v1", kind: "List", items: manifests });
  const text = await lab.kubectl(["get", "-f", "-", "--ignore-not-found", "-o", "json"], { stdin });
  if (text === "") return {};
  const parsed = JSON.parse(text);
  const items: Manifest[] = parsed.kind === "List" ? parsed.items : [parsed];
  return Object.fromEntries(items.map((item) => [keyOf(item), withoutStatus(item)]));
}

function withoutStatus({ status: _, metadata: { name, labels }, ...content }: Manifest): Manifest {
  return { ...content, metadata: { name, ...(labels && { labels }) } } as Manifest;
}

/** As the webhook does. */
async function writeCaBundle(lab: Lab): Promise<void> {
  const patch = [{ op: "add", path: "/webhooks/0/clientConfig/caBundle", value: btoa("an authority") }];
  for (const kind of CONFIGURATIONS.split(",")) {
    await lab.kubectl(["patch", kind, "danm-webhook", "--type=json", "--patch", JSON.stringify(patch)]);
  }
}

/** A network, made while nobody asks for the webhook, of whose configurations one is put back. */
async function makeNetwork(lab: Lab): Promise<void> {
  const validating = await lab.kubectl(["get", "validatingwebhookconfiguration", "danm-webhook", "-o", "json"]);
  await lab.kubectl(["delete", CONFIGURATIONS, "danm-webhook"]);
  const spec = { NetworkID: "bridge", NetworkType: "bridge" };
  const network = { apiVersion: "danm.io/v1", kind: "ClusterNetwork", metadata: { name: "default" }, spec };
  await waitFor("the webhook not to be asked", async () => {
    await lab.kubectl(["apply", "-f", "-"], { stdin: JSON.stringify(network) });
    return true;
  });
  const { metadata: { resourceVersion: _, uid: __, ...metadata }, ...content } = JSON.parse(validating);
  await lab.kubectl(["create", "-f", "-"], { stdin: JSON.stringify({ ...content, metadata }) });
}

async function networks(lab: Lab): Promise<string> {
  return await lab.kubectl(["get", "clusternetworks", "-o", "name"]);
}
