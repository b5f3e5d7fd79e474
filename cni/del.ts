import type { VerbRequest } from "../shared/cni/plugin.ts";
import { messageOf } from "../shared/errors.ts";
import { detach } from "./detach.ts";
import { openSandboxRecord } from "./sandbox_keeper.ts";
import type { SandboxDeps } from "./sandbox_deps.ts";
import type { SandboxLock } from "../ipam/sandbox_lock.ts";

/** A DEL, its environment and configuration checked. */
export interface DelRequest extends VerbRequest {
  /** Aborts when the time for the whole DEL is over. */
  readonly signal: AbortSignal;
}

/**
 * Detaches a sandbox. Needs its record only: the Pod, the networks, the namespace may be gone. Without a record there
 * is nothing to undo, because the record comes before the first side effect and goes after the last. Repeated, it does
 * nothing; an ADD that comes after it is refused for a while.
 *
 * @throws {AggregateError} when something could not be undone; the runtime is to call again
 */
export async function del(request: DelRequest, deps: SandboxDeps): Promise<void> {
  const { signal, containerID } = request;
  using lock = await deps.records.lock(request, signal);
  for (const file of deps.records.find(request)) {
    if (file.state === "doubtful") continue;
    const record = await openSandboxRecord(file, {
      deps,
      signal,
      known: { ...request, podNamespace: namespaceOf(request) },
    });
    // Plugins may have moved since the ADD.
    const path = [...new Set([...request.path, ...record.path])];
    await detach({ ...record, path }, { deps, signal, netns: request.netns });
    deps.log.info("detached", { pod: `${record.pod.namespace}/${record.pod.name}`, containerID });
  }
  bury(lock, { deps, containerID });
  deps.records.removeTombstones();
}

/** A disk too full for the tombstone is too full for the record of a late ADD, too: no reason for DEL to fail. */
function bury(lock: SandboxLock, { deps, containerID }: { deps: SandboxDeps; containerID: string }): void {
  try {
    lock.bury();
  } catch (error) {
    deps.log.warn("a detached sandbox could not be marked as such", { containerID, error: messageOf(error) });
  }
}

/** Only a help where the record is damaged: arguments that are malformed are no reason to fail. */
function namespaceOf(request: DelRequest): string | undefined {
  return /(?:^|;)K8S_POD_NAMESPACE=([^;]+)/.exec(request.args)?.[1];
}
