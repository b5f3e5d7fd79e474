import type { AllocationRecord } from "../ipam/allocation_record.ts";
import type { NodeDeps } from "../ipam/record_keeper.ts";
import type { VerbRequest } from "../shared/cni/plugin.ts";
import { CniError, ErrorCode } from "../shared/errors.ts";
import { settleAll } from "../shared/settle_all.ts";

/**
 * Checks that an attachment still holds what its ADD took: the record, each DanmIp in it, and, where the caller passed
 * its result, the addresses there.
 *
 * @throws {CniError} or {AggregateError} naming what is not as it was
 */
export async function check(
  request: VerbRequest & { readonly signal: AbortSignal },
  deps: NodeDeps<AllocationRecord>,
): Promise<void> {
  const { containerID, ifname, signal, prevResult } = request;
  using _lock = await deps.records.lock(request, signal);
  const [file] = deps.records.find(request).filter(({ state }) => state === "attached");
  if (!file) throw changed(`interface ${ifname} of sandbox ${containerID} has no record of addresses on this node`);
  const record = deps.records.read(file);
  const inResult = prevResult?.ips?.map(({ address }) => address.split("/")[0]);
  await settleAll(
    record.objects.filter(({ uid }) => uid !== undefined).map(async (object) => {
      const stored = await deps.objects.find(object, signal);
      if (!stored) throw changed(`DanmIp ${object.name} of sandbox ${containerID} is gone`);
      if (stored.uid !== object.uid || stored.containerID !== containerID) {
        throw changed(
          `DanmIp ${object.name} belongs to Pod ${stored.podNamespace}/${stored.podName}, sandbox ${stored.containerID}`,
        );
      }
      if (!inResult || inResult.includes(stored.address)) return;
      throw changed(
        `address ${stored.address} of sandbox ${containerID} is not in prevResult (${inResult.join(", ")})`,
      );
    }),
  );
}

function changed(message: string): CniError {
  return new CniError(ErrorCode.InvalidRequest, message, {
    details: "the addresses are not those that ADD gave; delete the Pod, so that it is attached again",
  });
}
