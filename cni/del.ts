import { buryQuietly } from "../ipam/bury.ts";
import { namespaceIn } from "../shared/cni/cni_args.ts";
import type { VerbRequest } from "../shared/cni/plugin.ts";
import { delFormer, type FormerConf } from "./del_former.ts";
import { detach } from "./detach.ts";
import { openSandboxRecord } from "./sandbox_keeper.ts";
import type { SandboxDeps } from "./sandbox_deps.ts";

/** A DEL, its environment and configuration checked. */
export interface DelRequest extends VerbRequest {
  /** Aborts when the time for the whole DEL is over. */
  readonly signal: AbortSignal;
  /** What is known of the plugin that the runtime used before ours. */
  readonly former?: FormerConf;
}

/**
 * Detaches a sandbox. Needs its record only: the Pod, the networks, the namespace may be gone. Without a record there
 * is nothing of ours to undo, because the record comes before the first side effect and goes after the last; then it is
 * the turn of the plugin that the runtime used before ours. Repeated, it does nothing; an ADD that comes after it is
 * refused for a while.
 *
 * @throws {AggregateError} when something could not be undone; the runtime is to call again
 */
export async function del(request: DelRequest, deps: SandboxDeps): Promise<void> {
  const { signal, containerID } = request;
  using lock = await deps.records.lock(request, signal);
  const files = deps.records.find(request);
  if (files.length === 0 && lock.detachedFor === undefined && request.former) {
    await delFormer(request, { conf: request.former, deps });
  }
  for (const file of files) {
    if (file.state === "doubtful") continue;
    const record = await openSandboxRecord(file, {
      deps,
      signal,
      known: { ...request, podNamespace: namespaceIn(request.args) },
    });
    // Plugins may have moved since the ADD.
    const path = [...new Set([...request.path, ...record.path])];
    await detach({ ...record, path }, { deps, signal, netns: request.netns });
    deps.log.info("detached", { pod: `${record.pod.namespace}/${record.pod.name}`, containerID });
  }
  buryQuietly(lock, { log: deps.log, containerID });
  deps.records.removeTombstones(request);
}
