import type { KubeClient } from "../../shared/kube/client.ts";
import { getNads } from "../../shared/kube/nads.ts";
import type { Nad } from "../../shared/schema/nad.ts";
import { settleAll } from "../../shared/settle_all.ts";
import type { DelegateConf } from "../plan_delegate.ts";
import { readNadConf } from "./nad_conf.ts";
import { type NadSelection, parseNadAnnotation } from "./parse_nad_annotation.ts";

/** One element of the annotation, with what it names. */
export interface NadRequest {
  readonly selection: NadSelection;
  readonly nad: Nad;
  readonly conf: DelegateConf;
}

/**
 * The NetworkAttachmentDefinitions that a Pod asks for, and their configurations.
 *
 * @param annotation its value
 * @param at.namespace of the Pod
 * @throws {SchemaError} when the annotation is wrong
 * @throws {AggregateError} of everything that is missing, or cannot be read
 */
export async function resolveNads(
  annotation: string,
  at: { client: KubeClient; namespace: string; cniDir: string; signal: AbortSignal },
): Promise<NadRequest[]> {
  const selections = parseNadAnnotation(annotation, at.namespace);
  const nads = await getNads(at.client, selections, at.signal);
  return await settleAll(nads.map(async (nad, index): Promise<NadRequest> => {
    const selection = selections[index];
    if (!selection) throw new TypeError(`no element ${index}`);
    return { selection, nad, conf: await readNadConf(nad, { namespace: selection.namespace, cniDir: at.cniDir }) };
  }));
}
