import { assert, assertEquals } from "@std/assert";
import { parseAllDocuments } from "yaml";
import { ROOT } from "../../tasks/support/root.ts";
import { contextOf, requestOf } from "../../tests/integration/webhook/judging.ts";
import { type Manifest, MemoryCluster } from "../../tests/support/webhook/memory_cluster.ts";
import { ACCEPTED } from "../verdict.ts";
import { judgePod } from "./judge_pod.ts";

interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

function documentsOf(yaml: string): Document[] {
  return parseAllDocuments(yaml).map((document) => document.toJS() as Document);
}

/** With the namespace that `kubectl` gives what names none. */
function placed(document: Document): Document {
  const { kind, metadata } = document;
  return kind.startsWith("Cluster") ? document : { ...document, metadata: { namespace: "default", ...metadata } };
}

async function readAll(): Promise<Document[]> {
  const names = [...Deno.readDirSync(`${ROOT}/examples`)].map(({ name }) => `${ROOT}/examples/${name}`);
  const examples = await Promise.all(names.map((path) => Deno.readTextFile(path)));
  const guide = await Deno.readTextFile(`${ROOT}/docs/user_guide.md`);
  const blocks = [...guide.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text]) => text ?? "");
  return [...examples, ...blocks].flatMap(documentsOf).map(placed);
}

Deno.test("there is nothing to be said of the Pods of examples and user guide", async (t) => {
  const documents = await readAll();
  const networks = documents.filter(({ kind }) => ["DanmNet", "TenantNetwork", "ClusterNetwork"].includes(kind));
  const context = contextOf(new MemoryCluster(networks as Manifest[]));
  const pods = documents.filter(({ kind }) => kind === "Pod");
  assert(pods.length >= 6, "examples and guide have Pods");
  for (const object of pods) {
    const { name, namespace = "" } = object.metadata;
    await t.step(`${namespace}/${name}`, async () => {
      const request = requestOf({ group: "", kind: "Pod", plural: "pods" }, { name, namespace, object });
      assertEquals(await judgePod(request, context), ACCEPTED);
    });
  }
});
