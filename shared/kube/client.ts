import { Gone, type Verb } from "./api_error.ts";
import type { DeleteOptions, KubeClientOptions, ListOptions, PatchOptions, RequestOptions } from "./client_options.ts";
import type { KubeTarget } from "./kube_target.ts";
import { Requester } from "./requester.ts";

/** A list that changes faster than it can be read is started over so many times. */
const LIST_RESTARTS = 3;
const PAGE_LIMIT = 500;

/**
 * A small client for the Kubernetes API: JSON over one HTTP/2 connection, typed errors, retries of what is safe to
 * retry. Paths are those of the API, beginning with `/api/` or `/apis/`.
 *
 * Every method throws {@linkcode ApiError} or one of its subclasses; or, when a token file or exec plugin fails,
 * `KubeconfigError` before anything is sent.
 */
export class KubeClient implements Disposable {
  readonly #requester: Requester;

  /** @throws {KubeconfigError} when the target's certificate, key or proxy cannot be used */
  constructor(target: KubeTarget, options: KubeClientOptions = {}) {
    this.#requester = new Requester(target, options);
  }

  /** Reads one object. Retried. */
  async get<T = unknown>(path: string, options: RequestOptions = {}): Promise<T> {
    return await this.#requester.call({
      verb: "GET",
      path: withQuery(path, options.query),
      idempotent: true,
      signal: options.signal,
    }) as T;
  }

  /** Reads all objects of a collection, in pages; starts over when the API server has forgotten the first page's state. */
  async list<T = unknown>(path: string, options: ListOptions<T> = {}): Promise<T[]> {
    for (let restarts = 0;; restarts++) {
      try {
        return await this.#listOnce<T>(path, options);
      } catch (error) {
        if (!(error instanceof Gone) || restarts === LIST_RESTARTS) throw error;
      }
    }
  }

  /** Creates an object (POST). Retried only when the answer proves that nothing was done. */
  async create<T = unknown>(path: string, body: unknown, options: RequestOptions = {}): Promise<T> {
    return await this.#write<T>("POST", path, { body, contentType: "application/json", ...options });
  }

  /** Replaces an object or its status (PUT); the body's resourceVersion guards it. Retried as `create` is. */
  async replace<T = unknown>(path: string, body: unknown, options: RequestOptions = {}): Promise<T> {
    return await this.#write<T>("PUT", path, { body, contentType: "application/json", ...options });
  }

  /** Changes an object (PATCH). Retried as `create` is, unless it is said to be idempotent. */
  async patch<T = unknown>(path: string, body: unknown, options: PatchOptions): Promise<T> {
    return await this.#write<T>("PATCH", path, { body, ...options });
  }

  /** Deletes an object. {@linkcode NotFound} is thrown, too, when an earlier try whose answer was lost deleted it. */
  async delete(path: string, options: DeleteOptions = {}): Promise<void> {
    const { preconditions, propagationPolicy, dryRun = false, ...rest } = options;
    const idempotent = preconditions?.uid !== undefined;
    const asked = dryRun ? { dryRun: ["All"] } : {};
    const body = { kind: "DeleteOptions", apiVersion: "v1", preconditions, propagationPolicy, ...asked };
    await this.#write("DELETE", path, { body, contentType: "application/json", idempotent, ...rest });
  }

  /** Closes the connection; requests on their way fail. */
  [Symbol.dispose](): void {
    this.#requester[Symbol.dispose]();
  }

  async #write<T>(
    verb: Verb,
    path: string,
    { query, ...call }: RequestOptions & { body: unknown; contentType: string; idempotent?: boolean },
  ): Promise<T> {
    return await this.#requester.call({ verb, path: withQuery(path, query), idempotent: false, ...call }) as T;
  }

  async #listOnce<T>(path: string, options: ListOptions<T>): Promise<T[]> {
    const { fieldSelector, labelSelector, limit = PAGE_LIMIT, trim = (object) => object, signal } = options;
    const items: T[] = [];
    let next: string | undefined;
    do {
      const query = {
        ...options.query,
        limit: String(limit),
        ...(fieldSelector === undefined ? {} : { fieldSelector }),
        ...(labelSelector === undefined ? {} : { labelSelector }),
        ...(next === undefined ? {} : { continue: next }),
      };
      const page = await this.get<{ items?: T[] | null; metadata?: { continue?: string } }>(path, { query, signal });
      for (const item of page.items ?? []) items.push(trim(item));
      next = page.metadata?.continue || undefined;
    } while (next !== undefined);
    return items;
  }
}

function withQuery(path: string, query: Readonly<Record<string, string>> | undefined): string {
  const text = new URLSearchParams(query).toString();
  return text === "" ? path : `${path}${path.includes("?") ? "&" : "?"}${text}`;
}
