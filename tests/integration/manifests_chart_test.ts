import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { ROOT } from "../../tasks/support/root.ts";
import { HelmChart } from "./manifests/helm_chart.ts";
import { FLAVOURS, keyOf, type Manifest, overlayPath, render } from "./manifests/rendered.ts";

/** Values that are wrong, and what helm says of them. */
const BAD: readonly (readonly [string, string])[] = [
  ["--set=flavour=both", "'/flavour': value must be one of 'production', 'lightweight'"],
  ["--set=flavor=lightweight", "additional properties 'flavor' not allowed"],
  ["--set=image.tag=", "'/image/tag'"],
  ["--set=image.tag=2", "'/image/tag': got number, want string"],
  ["--set=image.repository=a b", "'/image/repository'"],
  ["--set=image.pullPolicy=Sometimes", "'/image/pullPolicy': value must be one of"],
  ["--set=webhook.replicas=0", "'/webhook/replicas': minimum: got 0, want 1"],
  ["--set=webhook.hostNetwork=maybe", "'/webhook/hostNetwork': got string, want boolean"],
  ["--set=settings.logLevel=loud", "'/settings/logLevel': value must be one of 'debug'"],
  ["--set=settings.timeoutMs=0", "'/settings/timeoutMs': minimum"],
  ["--set=settings.timeoutMs=null", "missing property 'timeoutMs'"],
  ["--set=settings.nadSupport=yes", "'/settings/nadSupport': got string, want boolean"],
  ["--set=settings.apiServer=nonsense", "/settings/apiServer"],
  ["--set=settings.other=1", "additional properties 'other' not allowed"],
  ["--namespace=danm-system", "the chart makes the namespace danm-system itself"],
];

Deno.test("the Helm chart is what the overlays are", async (t) => {
  await using chart = await HelmChart.make();
  for (const flavour of FLAVOURS) {
    await t.step(`${flavour}: with its defaults`, async () => {
      assertSame(await chart.template(`--set=flavour=${flavour}`), await render(overlayPath(flavour)));
    });
  }
  await t.step("the default flavour is production", async () => {
    assertSame(await chart.template(), await render(overlayPath("production")));
  });
  await t.step("values do what a kustomization with components, images and settings does", () => customised(chart));
  await t.step("a policy for pulling images is that of both containers", async () => {
    const workloads = (await chart.template("--set=image.pullPolicy=Always")).filter((one) => one["spec"]?.template);
    const containers = workloads.flatMap((one) => one["spec"].template.spec.containers);
    assertEquals(containers.map(({ imagePullPolicy }) => imagePullPolicy), ["Always", "Always"]);
  });
  await t.step("kinds are kept when the release goes, and nothing else is", async () => {
    const kept = (await chart.template()).filter(isKept).map(({ kind }) => kind);
    assertEquals([...new Set(kept)], ["CustomResourceDefinition"]);
    assertEquals(kept.length, 6);
  });
  await t.step("helm lint finds nothing", async () => {
    const { stdout } = await chart.helm(["lint", "--strict", chart.path]);
    assertStringIncludes(stdout, "0 chart(s) failed");
  });
  for (const [flag, message] of BAD) {
    await t.step(`${flag} is refused`, async () => {
      const { code, stderr } = await chart.helm(["template", "danm", chart.path, flag], { check: false });
      assertNotEquals(code, 0);
      assertStringIncludes(stderr, message);
    });
  }
});

async function customised(chart: HelmChart): Promise<void> {
  const folder = await Deno.makeTempDir({ dir: `${ROOT}/k8s/overlays`, prefix: ".test-" });
  try {
    const settings = { nadSupport: true, timeoutMs: 45_000, defaultConf: "10-a<b>&c.conf", logLevel: "debug" };
    const literals = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    const images = ["installer", "webhook"].map((name) => ({
      name: `danm.local/${name}`,
      newName: `registry.example.com:5000/danm/${name}`,
      newTag: "1.2.3",
    }));
    const kustomization = {
      resources: ["../lightweight"],
      components: ["../../components/single_node", "../../components/webhook_pod_network"],
      configMapGenerator: [{ name: "danm-settings", namespace: "danm-system", behavior: "merge", literals }],
      images,
    };
    await Deno.writeTextFile(`${folder}/kustomization.yaml`, JSON.stringify(kustomization));
    const values = {
      flavour: "lightweight",
      image: { repository: "registry.example.com:5000/danm", tag: "1.2.3" },
      webhook: { replicas: 1, hostNetwork: false },
      settings,
    };
    await Deno.writeTextFile(`${folder}/values.json`, JSON.stringify(values));
    assertSame(await chart.template(`--values=${folder}/values.json`), await render(folder));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The same objects, whatever their order, but for what tells helm to keep some. */
function assertSame(found: readonly Manifest[], expected: readonly Manifest[]): void {
  assertEquals(byKey(found.map(withoutKeep)), byKey(expected));
}

function byKey(objects: readonly Manifest[]): Record<string, Manifest> {
  const entries = objects.map((object) => [keyOf(object), object] as const);
  assertEquals(new Set(entries.map(([key]) => key)).size, entries.length);
  return Object.fromEntries(entries);
}

function isKept({ metadata: { annotations } }: Manifest): boolean {
  return annotations?.["helm.sh/resource-policy"] === "keep";
}

function withoutKeep(object: Manifest): Manifest {
  if (!isKept(object)) return object;
  const { annotations, ...metadata } = object.metadata;
  const { "helm.sh/resource-policy": _, ...others } = annotations ?? {};
  return { ...object, metadata: { ...metadata, ...(Object.keys(others).length > 0 && { annotations: others }) } };
}
