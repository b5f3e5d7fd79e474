import { type BootClock, elapsedSeconds } from "../shared/host/boot_clock.ts";

/**
 * How long a write whose fate is unknown may still take effect, in seconds. An API server gives up a request after 60 s;
 * twice that is waited.
 */
export const DOUBT_SECONDS = 120;

/** An object of the Kubernetes API that a sandbox asked for, and may therefore own. */
export interface OwnedObject {
  readonly kind: "DanmIp" | "DanmEp";
  /** Absent for DanmIps, which are cluster-wide. */
  readonly namespace?: string | undefined;
  readonly name: string;
  /** The interface in the sandbox that it is for. */
  readonly interface: string;
  /** Known once the API server has confirmed the creation. */
  readonly uid?: string | undefined;
  /** Boot clock of the last request to create it that has no certain answer (yet). */
  readonly unsettledAt?: number | undefined;
}

/** Name and kind of an object that a sandbox may own. */
export type ObjectRef = Pick<OwnedObject, "kind" | "namespace" | "name">;

/**
 * What a sandbox has asked the API server for. Every object is in here, and on disk, before the request that creates
 * it is sent: whoever finds the record after a crash can release all of it by name.
 */
export class Ledger {
  readonly #objects = new Map<string, OwnedObject>();
  /** When the last request for an object ended without an answer that tells what became of it. */
  readonly #doubts = new Map<string, number>();
  readonly #save: () => void;
  readonly #clock: BootClock;
  #pending: Promise<void> | undefined;

  /** @param options.save writes the record that holds {@linkcode objects} before it returns */
  constructor(objects: readonly OwnedObject[], options: { save: () => void; clock: BootClock }) {
    for (const object of objects) {
      this.#objects.set(keyOf(object), object);
      if (object.unsettledAt !== undefined) this.#doubts.set(keyOf(object), object.unsettledAt);
    }
    this.#save = options.save;
    this.#clock = options.clock;
  }

  /** Everything that may exist, to be released. */
  get objects(): readonly OwnedObject[] {
    return [...this.#objects.values()];
  }

  /**
   * Notes that the object is about to be created and answers when that is on disk. Requests noted in the same turn of
   * the event loop are written at once.
   */
  request(object: OwnedObject): Promise<void> {
    this.#objects.set(keyOf(object), { ...object, unsettledAt: this.#clock() });
    this.#pending ??= Promise.resolve().then(() => {
      this.#pending = undefined;
      this.#save();
    });
    return this.#pending;
  }

  /** Notes that the request ended without an answer that tells what became of it. */
  doubt(object: OwnedObject): void {
    this.#doubts.set(keyOf(object), this.#clock());
  }

  /** Whether a request for the object ended so, ever. */
  isDoubtful(object: OwnedObject): boolean {
    return this.#doubts.has(keyOf(object));
  }

  /** Notes that the object exists and is the sandbox's. */
  confirm(object: OwnedObject, uid: string): void {
    this.#objects.set(keyOf(object), { ...object, uid, unsettledAt: this.#doubts.get(keyOf(object)) });
  }

  /** Notes that the last request did not create the object, or that it exists no more. One that is in doubt stays. */
  drop(object: OwnedObject): void {
    const left = { ...object, uid: undefined, unsettledAt: this.#doubts.get(keyOf(object)) };
    if (isInDoubt(left, this.#clock())) this.#objects.set(keyOf(object), left);
    else this.#objects.delete(keyOf(object));
  }
}

/** Whether a request to create the object may still take effect. */
export function isInDoubt(object: OwnedObject, now: number): boolean {
  return object.unsettledAt !== undefined && elapsedSeconds(object.unsettledAt, now) < DOUBT_SECONDS;
}

/**
 * Tells one object of a sandbox from another. Two interfaces of it may ask for the same address: what one is refused is
 * not what the other has.
 */
export function keyOf(object: OwnedObject): string {
  return `${object.kind}/${object.namespace ?? ""}/${object.name}/${object.interface}`;
}
