import { allocateAddress } from "../../../ipam/address_allocator.ts";
import type { AddressRequest } from "../../../ipam/address_request.ts";
import type { AllocatorDeps } from "../../../ipam/allocator_deps.ts";
import { type ClaimDeps, release } from "../../../ipam/claim.ts";
import { isInDoubt, Ledger, type OwnedObject } from "../../../ipam/ledger.ts";
import { CniError, ErrorCode } from "../../../shared/errors.ts";
import { ApiError } from "../../../shared/kube/api_error.ts";

/** A process of the plugin: what it allocates with, its clock, and whether it was killed. */
export interface PluginProcess extends Omit<AllocatorDeps, "ledger" | "containerID"> {
  readonly clock: () => number;
  readonly isDead: () => boolean;
}

/**
 * A sandbox, and what its node has on disk of it. Its addresses are allocated and released as the plugin does it: the
 * record is written before each request, a process that dies writes nothing any more, and the next one goes on with what
 * is on disk.
 */
export class RecordedSandbox {
  readonly containerID: string;
  /** The objects of the record. */
  objects: readonly OwnedObject[] = [];

  constructor(containerID: string) {
    this.containerID = containerID;
  }

  /**
   * Allocates addresses at once, as an ADD does.
   *
   * @throws {AggregateError} of every failure; nothing is undone
   */
  async allocate(
    wanted: readonly AddressRequest[],
    { process, signal }: { process: PluginProcess; signal: AbortSignal },
  ): Promise<bigint[]> {
    const ledger: Ledger = new Ledger(this.objects, {
      save: () => this.#write(process, ledger.objects),
      clock: process.clock,
    });
    const deps: AllocatorDeps = { ...process, ledger, containerID: this.containerID };
    const ends = await Promise.allSettled(wanted.map((request) => allocateAddress(request, { deps, signal })));
    this.#write(process, ledger.objects);
    const errors = ends.flatMap((end) => end.status === "rejected" ? [end.reason] : []);
    if (errors.length > 0) throw new AggregateError(errors, "");
    return ends.flatMap((end) => end.status === "fulfilled" ? [end.value] : []);
  }

  /**
   * Releases everything that the record names, as undoing, DEL and the sweep do. What failed and what is in doubt stays
   * in the record.
   *
   * @returns what failed
   */
  async release({ process, signal }: { process: PluginProcess; signal: AbortSignal }): Promise<unknown[]> {
    const { clock } = process;
    const ledger = new Ledger(this.objects, { save: () => {}, clock });
    const deps: ClaimDeps = { ...process, ledger, containerID: this.containerID };
    const ends = await Promise.allSettled(ledger.objects.map((object) => release(object, { deps, signal })));
    const errors = ends.flatMap((end) => end.status === "rejected" ? [end.reason] : []);
    const left = ledger.objects.filter((object) => errors.length > 0 || isInDoubt(object, clock()));
    this.#write(process, left);
    return errors;
  }

  #write(process: PluginProcess, objects: readonly OwnedObject[]): void {
    if (!process.isDead()) this.objects = [...objects];
  }
}

/** Whether allocation or release may fail so; anything else is a defect. */
export function isExpected(error: unknown): boolean {
  const codes: number[] = [ErrorCode.PoolExhausted, ErrorCode.AddressInUse, ErrorCode.TryAgain];
  return error instanceof ApiError || error instanceof CniError && codes.includes(error.code);
}
