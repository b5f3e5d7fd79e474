import { assert, assertEquals } from "@std/assert";
import { ApiError } from "../../../shared/kube/api_error.ts";
import { KubeClient } from "../../../shared/kube/client.ts";
import { API_VERSION } from "../../../shared/schema/meta.ts";
import { type Kind, resourcePath, RESOURCES } from "../../../shared/schema/resources.ts";
import type { Lab } from "../../support/lab/lab.ts";
import type { CrdCase } from "./case.ts";

const CRDS = new URL("../../../crds/", import.meta.url).pathname;

/** Options of a merge patch. */
export const MERGE = { contentType: "application/merge-patch+json" } as const;

/** Installs our CRDs and waits until all are served. */
export async function applyCrds(lab: Lab): Promise<void> {
  await lab.kubectl(["apply", "--server-side", "--force-conflicts", "-f", CRDS]);
  await lab.kubectl(["wait", "--for=condition=Established", "--timeout=30s", "-f", CRDS]);
}

/** The whole object of a case, as it is sent. */
export function objectOf({ kind, object }: CrdCase): Record<string, unknown> {
  const metadata = { name: "case", ...namespaceOf(kind), ...object.metadata };
  return { apiVersion: API_VERSION, kind, ...object, metadata };
}

function namespaceOf(kind: Kind): { namespace?: string } {
  return RESOURCES[kind].scope === "Namespaced" ? { namespace: "default" } : {};
}

/** Where the object of a case is, or with `collection` where it is created. */
export function pathOf(at: CrdCase, options: { collection?: boolean } = {}): string {
  const { namespace, name } = objectOf(at).metadata as { namespace?: string; name: string };
  return resourcePath(at.kind, options.collection ? { namespace } : { namespace, name });
}

/** Asks the API server whether it would take the object, strictly, without storing it. */
export async function tryCreate(client: KubeClient, of: CrdCase): Promise<ApiError | undefined> {
  return await refusal(() =>
    client.create(`${pathOf(of, { collection: true })}?dryRun=All&fieldValidation=Strict`, objectOf(of))
  );
}

/** The API server's refusal of a request; undefined when it was accepted. */
export async function refusal(request: () => Promise<unknown>): Promise<ApiError | undefined> {
  try {
    await request();
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error;
  }
}

/** Checks the answer to a case: accepted, or refused for the field that it names. */
export function assertJudged(of: CrdCase, error: ApiError | undefined): void {
  if (of.denied === undefined) return assertEquals(error?.message, undefined);
  const { field, message } = of.denied;
  assert(error, `accepted, although ${field || "the object"} should be refused: ${message}`);
  assert(error.status === 422 || error.status === 400, error.message);
  const causes = error.details?.causes ?? [{ field: "", message: error.text }];
  const found = causes.some((cause) => isAbout(cause.field ?? "", field) && (cause.message ?? "").includes(message));
  assert(found, `no cause names ${field} and says ${message}: ${JSON.stringify(causes)} ${error.message}`);
}

/** The root has several names: the empty one, `<nil>` and the object's own. */
function isAbout(got: string, field: string): boolean {
  return got === field || (field === "" && ["<nil>", "metadata.name"].includes(got));
}
