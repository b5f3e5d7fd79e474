/** Calls of a plugin while the API server, or the way to it, has a bad moment. */
import { assert } from "@std/assert";
import type { Answer, CallOptions, DanmLab, TestSandbox } from "../danm_lab.ts";
import type { FaultProxy } from "../lab/fault_proxy.ts";
import type { Fault, SeenRequest } from "../lab/fault_rules.ts";

/** `timeoutMs` of calls with faults that last: enough for a call without one, also on a busy machine. */
export const SHORT_MS = 4000;

/** One kind of bad day. */
export interface FaultCase {
  readonly name: string;
  readonly fault: Fault;
  /** All requests from the chosen one on, not that one alone; calls have little time then. */
  readonly lasting?: boolean;
  /** Codes that a call may fail with. None: it must succeed. */
  readonly codes: readonly number[];
}

const TRY_AGAIN = 11;

/** All of them. */
export const FAULTS: readonly FaultCase[] = [
  // Those that mostly wait come first: the others are tried meanwhile.
  { name: "partition until the deadline", fault: { kind: "hang" }, lasting: true, codes: [TRY_AGAIN] },
  { name: "503 until the deadline", fault: { kind: "answer", status: 503 }, lasting: true, codes: [TRY_AGAIN] },
  { name: "429 with Retry-After", fault: { kind: "answer", status: 429, retryAfterS: 1 }, codes: [] },
  { name: "409 Conflict", fault: { kind: "answer", status: 409 }, codes: [TRY_AGAIN] },
  // Somebody else has it, and when one looks, nobody has.
  {
    name: "409 AlreadyExists",
    fault: { kind: "answer", status: 409, reason: "AlreadyExists" },
    codes: [TRY_AGAIN],
  },
  { name: "500", fault: { kind: "answer", status: 500 }, codes: [TRY_AGAIN] },
  { name: "503", fault: { kind: "answer", status: 503 }, codes: [TRY_AGAIN] },
  { name: "delay", fault: { kind: "delay", ms: 300 }, codes: [] },
  { name: "connection lost before the effect", fault: { kind: "drop", when: "before" }, codes: [TRY_AGAIN] },
  { name: "connection lost after the effect", fault: { kind: "drop", when: "after" }, codes: [TRY_AGAIN] },
  {
    name: "request reset after the effect",
    fault: { kind: "drop", when: "after", scope: "request" },
    codes: [TRY_AGAIN],
  },
];

/** A call that a fault was waiting for. */
export interface Disturbed {
  readonly answer: Answer;
  readonly requests: readonly SeenRequest[];
  /** The first request that the fault was for; undefined when there was none so late. */
  readonly hit: SeenRequest | undefined;
}

/** Calls the plugin through the proxy, with a fault at the n-th of its requests, or from there on. */
export async function callWithFault(
  { danm, proxy, kubeconfig }: { danm: DanmLab; proxy: FaultProxy; kubeconfig: string },
  call: { sandbox: TestSandbox; command: string; fault: FaultCase; step: number; options?: CallOptions },
): Promise<Disturbed> {
  const { sandbox, command, fault: { fault, lasting }, step, options } = call;
  await (lasting ? proxy.faults.push(fault, { nth: step }) : proxy.faults.once(fault, { nth: step }));
  const seen = await proxy.count();
  const answer = await danm.call(sandbox, command, { ...options, kubeconfig });
  await proxy.faults.clear();
  const requests = await proxy.requests(seen);
  return { answer, requests, hit: requests.find((request) => request.fault !== undefined) };
}

/** Checks that a call failed in a way that the fault explains, in words that no runtime takes for success. */
export function checkError({ code, document, stderr }: Answer, fault: FaultCase): void {
  const error = document as { code: number; msg: string; details?: string } | undefined;
  assert(error, `exit code ${code} without a document: ${stderr}`);
  assert(fault.codes.includes(error.code), `${fault.name}: code ${error.code}: ${error.msg}`);
  assert(!/not found|no such file or directory/i.test(`${error.msg} ${error.details}`), error.msg);
}
