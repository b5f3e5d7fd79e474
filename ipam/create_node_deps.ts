import { delay } from "../shared/delay.ts";
import { messageOf } from "../shared/errors.ts";
import { bootClock } from "../shared/host/boot_clock.ts";
import type { Connect } from "../shared/kube/connect.ts";
import type { Logger } from "../shared/log.ts";
import type { AllocationRecord } from "./allocation_record.ts";
import { createHintFiles } from "./hint_files.ts";
import { noteFreed } from "./note_freed.ts";
import { createObjectStore, lazyObjectStore } from "./object_store.ts";
import type { NodeDeps } from "./record_keeper.ts";
import { RecordStore } from "./record_store.ts";
import type * as z from "zod/mini";

/**
 * The {@linkcode NodeDeps} of a real node and a real API server.
 *
 * @param options.stateDir directory of this plugin's records
 * @param options.hintsDir directory of the hints; plugins that share it do not try the same addresses
 * @throws {CniError} code 5 when the directory of the records cannot be made
 */
export function createNodeDeps<R extends AllocationRecord>(
  options: { stateDir: string; hintsDir: string; schema: z.ZodMiniType<R>; connect: Connect; log: Logger },
): NodeDeps<R> {
  const { stateDir, hintsDir, schema, connect, log } = options;
  const hints = createHintFiles(hintsDir, {
    onFailure: (error) => log.warn("free addresses are looked for without a hint", { error: messageOf(error) }),
  });
  return {
    log,
    delay,
    clock: bootClock,
    random: Math.random,
    records: new RecordStore(stateDir, { clock: bootClock, schema }),
    hints,
    objects: noteFreed(lazyObjectStore(async (signal) => createObjectStore(await connect(signal))), hints),
  };
}
