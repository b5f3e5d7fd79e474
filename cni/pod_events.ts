import { toCniError } from "../shared/cni/to_cni_error.ts";
import { ErrorCode, messageOf } from "../shared/errors.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import type { Pod } from "../shared/kube/pod.ts";
import type { Logger } from "../shared/log.ts";
import { type Warning, writeEvent } from "./event.ts";

/** The Pod that Events are about. */
export interface EventContext {
  readonly client: KubeClient;
  readonly pod: Pod;
  readonly namespace: string;
  readonly node: string;
  readonly log: Logger;
}

/** Time for the Events of one ADD, in milliseconds; after a failed ADD it comes on top of the ADD's own. */
const EVENTS_MS = 2000;

/** Tells the owner of a Pod what was left out. What cannot be said does not fail an ADD that went well. */
export async function tellWarnings(
  attachments: readonly {
    readonly interface: string;
    readonly subject: string;
    readonly warnings: readonly string[];
  }[],
  context: EventContext,
): Promise<void> {
  const notes = attachments.flatMap(({ interface: name, subject, warnings }) =>
    warnings.map((warning) => `${name} on ${subject}: ${warning}`)
  );
  for (const note of notes) context.log.warn(note);
  await tell(notes.map((note) => ({ reason: "PolicyRoutesNotSet", note, about: note })), context);
}

/**
 * Tells the owner of a Pod why it is not attached, if somebody has to mend something: what passes by itself (code 11)
 * is for the runtime. One Event for all failures of a code, because messages vary from try to try.
 */
export async function tellFailure(error: unknown, context: EventContext): Promise<void> {
  const { code, message, details } = toCniError(error, `Pod ${context.namespace}/${context.pod.metadata.name}`);
  if (code !== ErrorCode.InvalidConfig && code < ErrorCode.PoolExhausted) return;
  const note = details ? `${message} (${details})` : message;
  await tell([{ reason: "FailedAttachNetwork", note, about: String(code) }], context);
}

async function tell(
  warnings: readonly Pick<Warning, "reason" | "note" | "about">[],
  { client, pod, namespace, node, log }: EventContext,
): Promise<void> {
  if (warnings.length === 0) return;
  const signal = AbortSignal.timeout(EVENTS_MS);
  await Promise.all(warnings.map(async (warning) => {
    try {
      await writeEvent(client, { pod, namespace, node, ...warning }, { signal });
    } catch (error) {
      log.warn("an Event could not be written", { reason: warning.reason, error: messageOf(error) });
    }
  }));
}
