import type { AllocationRecord } from "../ipam/allocation_record.ts";
import { buryQuietly } from "../ipam/bury.ts";
import type { NodeDeps } from "../ipam/record_keeper.ts";
import type { VerbRequest } from "../shared/cni/plugin.ts";
import { namespaceIn } from "../shared/cni/cni_args.ts";
import { createKeeper } from "./keeper.ts";

/**
 * Releases the addresses of one attachment. Needs its record only; without one there is nothing to release, because the
 * record comes before the first request and goes after the last.
 *
 * @throws {AggregateError} when something could not be released; the caller is to call again
 */
export async function del(
  request: VerbRequest & { readonly signal: AbortSignal },
  deps: NodeDeps<AllocationRecord>,
): Promise<void> {
  const { signal, containerID, networkName } = request;
  const keeper = createKeeper(deps);
  using lock = await deps.records.lock(request, signal);
  for (const file of deps.records.find(request)) {
    if (file.state === "doubtful") continue;
    const known = { podNamespace: namespaceIn(request.args), networkName };
    const record = await keeper.open(file, { signal, known });
    await keeper.detach(record, { signal });
    deps.log.info("addresses released", { pod: `${record.pod.namespace}/${record.pod.name}`, containerID });
  }
  buryQuietly(lock, { log: deps.log, containerID });
  deps.records.removeTombstones(request);
}
