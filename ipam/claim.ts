import type { Ledger, OwnedObject } from "./ledger.ts";
import type { ObjectStore } from "./object_store.ts";
import type { StoredObject } from "./stored_object.ts";

/** What creating and releasing owned objects needs. */
export interface ClaimDeps {
  readonly objects: ObjectStore;
  readonly ledger: Ledger;
  /** The sandbox that everything is claimed for. */
  readonly containerID: string;
  /** Waits between two tries, in milliseconds; rejects when the signal aborts. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** How often one object is asked for when no answer tells what became of the request. */
const TRIES = 3;

/** Wait before the second try; doubled for each further one. */
const FIRST_DELAY_MS = 100;

/**
 * Creates an object for the sandbox, or learns that it exists: creation is the lock. A request without a clear answer
 * is repeated, which is harmless, because the name says what it is; whether an object that then exists is ours from a
 * try before, its content tells.
 *
 * @returns the object's UID; undefined when it exists and is not known to be ours
 * @throws {ApiError} when the API server refuses, or never answers; the ledger then knows what is in doubt
 */
export async function claim(
  object: OwnedObject,
  spec: object,
  options: { deps: ClaimDeps; signal: AbortSignal },
): Promise<string | undefined> {
  const { deps: { ledger, objects, delay }, signal } = options;
  for (let attempt = 1;; attempt++) {
    await ledger.request(object);
    const outcome = await objects.create(object, spec, signal);
    switch (outcome.kind) {
      case "created":
        ledger.confirm(object, outcome.uid);
        return outcome.uid;
      case "exists":
        if (ledger.isDoubtful(object)) return await adopt(object, options);
        ledger.drop(object);
        return undefined;
      case "refused":
        ledger.drop(object);
        throw outcome.error;
      case "unknown":
        ledger.doubt(object);
        if (attempt === TRIES || signal.aborted) throw outcome.error;
        await delay(FIRST_DELAY_MS * 2 ** (attempt - 1), signal);
    }
  }
}

/** Takes over an object that exists, if it is the sandbox's own. */
async function adopt(
  object: OwnedObject,
  options: { deps: ClaimDeps; signal: AbortSignal },
): Promise<string | undefined> {
  const { deps, signal } = options;
  const found = await deps.objects.find(object, signal);
  if (!isOwn(found, object, deps)) {
    deps.ledger.drop(object);
    return undefined;
  }
  deps.ledger.confirm(object, found.uid);
  return found.uid;
}

function isOwn(found: StoredObject | undefined, object: OwnedObject, deps: ClaimDeps): found is StoredObject {
  return found?.containerID === deps.containerID && found.interface === object.interface;
}

/**
 * Releases an object if it is the sandbox's: by the UID it was confirmed with, otherwise by what is stored under its
 * name. Repeated or late, it does nothing. An object whose creation may still take effect stays in the ledger.
 *
 * @throws {ApiError} when the API server cannot be reached or refuses; the ledger keeps the object
 */
export async function release(object: OwnedObject, options: { deps: ClaimDeps; signal: AbortSignal }): Promise<void> {
  const { deps, signal } = options;
  if (object.uid !== undefined) await deps.objects.remove(object, { uid: object.uid, signal });
  else {
    const found = await deps.objects.find(object, signal);
    if (isOwn(found, object, deps)) await deps.objects.remove(object, { uid: found.uid, signal });
  }
  deps.ledger.drop(object);
}
