import { parseAllDocuments } from "yaml";
import { ROOT } from "../../../tasks/support/root.ts";
import { ensureBinaries } from "../../support/lab/binaries.ts";
import { toStderr } from "../../support/progress.ts";
import { run } from "../../support/run.ts";

/** The overlays of `k8s/`. */
export const FLAVOURS = ["lightweight", "production"] as const;

/** An object of the manifests, as far as tests look at all of them alike. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // deno-lint-ignore no-explicit-any
  readonly [key: string]: any;
}

/** Path of an overlay. */
export function overlayPath(flavour: string): string {
  return `${ROOT}/k8s/overlays/${flavour}`;
}

/** What `kubectl kustomize` prints of a folder. */
export async function renderText(path: string): Promise<string> {
  const { kubectl } = await ensureBinaries(["kubectl"], toStderr);
  return (await run([kubectl, "kustomize", path])).stdout;
}

/** The objects of a folder. */
export async function render(path: string): Promise<Manifest[]> {
  return parseAllDocuments(await renderText(path)).map((document) => document.toJS() as Manifest);
}

/** `kind/name` or `kind/namespace/name`, by which objects are told apart. */
export function keyOf({ kind, metadata: { name, namespace } }: Manifest): string {
  return [kind, namespace, name].filter((part) => part !== undefined).join("/");
}
