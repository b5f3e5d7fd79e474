import type { OwnedObject } from "../ipam/ledger.ts";
import type { VerbRequest } from "../shared/cni/plugin.ts";
import { CniError, ErrorCode } from "../shared/errors.ts";
import { isNetnsGone } from "../shared/host/netns.ts";
import { NotFound } from "../shared/kube/api_error.ts";
import { DanmEp, type DanmEpInterface } from "../shared/schema/danm_ep.ts";
import { parse } from "../shared/schema/describe_issues.ts";
import { resourcePath } from "../shared/schema/resources.ts";
import type { AddDeps } from "./add.ts";
import { delegateCheck } from "./delegate_upkeep.ts";
import { readKernelState } from "./kernel_state.ts";
import { type KernelState, planCheck } from "./plan_check.ts";
import type { SandboxRecord } from "./record.ts";

/**
 * Checks that a sandbox still has what its ADD gave it: the record, its DanmIps and DanmEps, its links, addresses, routes
 * and rules in the kernel, and whatever its delegates check.
 *
 * @throws {CniError} code 7 without a prevResult, 104 when the sandbox is not attached
 * @throws {AggregateError} of a {@linkcode CniError} for everything that is not as it was
 * @see https://github.com/containernetworking/cni/blob/spec-v1.1.0/SPEC.md#check-check-containers-networking-is-as-expected
 */
export async function check(request: VerbRequest & { readonly signal: AbortSignal }, deps: AddDeps): Promise<void> {
  const { containerID, prevResult, signal, netns } = request;
  if (!prevResult) {
    throw new CniError(ErrorCode.InvalidConfig, "configuration: prevResult is missing", {
      details: "CHECK compares with the result of ADD, which the runtime passes",
    });
  }
  using _lock = await deps.records.lock(request, signal);
  const [file] = deps.records.find(request).filter(({ state }) => state === "attached");
  if (!file) throw new CniError(ErrorCode.InvalidRequest, `sandbox ${containerID} is not attached on this node`);
  const record = deps.records.read(file);
  const context = { ...record, netns, run: deps.run, path: request.path, signal };
  const [objects, [state], delegates] = await Promise.all([
    Promise.allSettled(record.objects.map((object) => checkObject(object, { record, deps, signal }))),
    Promise.allSettled([readSandbox(record, { deps, netns, signal })] as const),
    Promise.allSettled(record.delegates.map((call) => delegateCheck(call, context))),
  ]);
  const interfaces = objects.flatMap((end) => end.status === "fulfilled" && end.value ? [end.value] : []);
  const expected = { interfaces, rules: record.rules, prevResult };
  const problems = state.status === "fulfilled" ? planCheck(expected, state.value) : [];
  const failures = [...objects, state, ...delegates].flatMap((end) => end.status === "rejected" ? [end.reason] : []);
  const errors = [...problems.map((problem) => changed(problem)), ...failures];
  if (errors.length > 0) throw new AggregateError(errors, "");
}

async function readSandbox(
  { containerID }: SandboxRecord,
  { deps, netns, signal }: { deps: AddDeps; netns: string; signal: AbortSignal },
): Promise<KernelState> {
  try {
    return await readKernelState(deps.run, { netns, signal });
  } catch (cause) {
    if (!isNetnsGone(cause)) throw cause;
    throw changed(`the network namespace ${netns} of sandbox ${containerID} is gone`, cause);
  }
}

/** @returns of a DanmEp its interface; undefined for an address that is held */
async function checkObject(
  object: OwnedObject,
  { record, deps, signal }: { record: SandboxRecord; deps: AddDeps; signal: AbortSignal },
): Promise<DanmEpInterface | undefined> {
  // What was never confirmed is only remembered because it may still come.
  if (object.uid === undefined) return undefined;
  const stored = await deps.objects.find(object, signal);
  const subject = `${object.interface}: ${object.kind} ${object.name}`;
  if (!stored) throw changed(`${subject} is gone`);
  if (stored.containerID !== record.containerID) {
    throw changed(`${subject} belongs to sandbox ${stored.containerID}`);
  }
  if (stored.uid !== object.uid) throw changed(`${subject} was deleted and made again`);
  return object.kind === "DanmEp" ? await readInterface(object, { deps, signal }) : undefined;
}

async function readInterface(
  object: OwnedObject,
  { deps, signal }: { deps: AddDeps; signal: AbortSignal },
): Promise<DanmEpInterface> {
  const client = await deps.client(signal);
  try {
    const stored = await client.get(resourcePath(object.kind, object), { signal });
    return parse(DanmEp, stored, `DanmEp ${object.name}`).spec.Interface;
  } catch (cause) {
    if (cause instanceof NotFound) throw changed(`${object.interface}: DanmEp ${object.name} is gone`, cause);
    throw cause;
  }
}

function changed(message: string, cause?: unknown): CniError {
  return new CniError(ErrorCode.HostLinkFailed, message, {
    details: "the sandbox is not as ADD left it; delete the Pod, so that it is attached again",
    ...(cause !== undefined && { cause }),
  });
}
