import type { Verb } from "./api_error.ts";
import type { RetryPolicy } from "./retry.ts";

/** Options of every request. */
export interface RequestOptions {
  /** Ends the request, its retries and its pauses; the message of its reason is part of the error. */
  readonly signal?: AbortSignal | undefined;
  /** Query parameters, such as `dryRun`, `fieldManager`, `fieldValidation`. */
  readonly query?: Readonly<Record<string, string>>;
}

/** Options of {@linkcode KubeClient.list}. */
export interface ListOptions<T = unknown> extends RequestOptions {
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** Objects per request; 500 unless given. The answer always has all of them. */
  readonly limit?: number;
  /** Takes what is needed of an object as it comes, so that a long list need not be kept as a whole. */
  readonly trim?: (object: T) => T;
}

/** Options of {@linkcode KubeClient.patch}. */
export interface PatchOptions extends RequestOptions {
  readonly contentType:
    | "application/json-patch+json"
    | "application/merge-patch+json"
    | "application/strategic-merge-patch+json"
    | "application/apply-patch+yaml";
  /** Patching twice does what patching once does: then the PATCH is retried like a read. Default false. */
  readonly idempotent?: boolean;
}

/** Options of {@linkcode KubeClient.delete}. */
export interface DeleteOptions extends Omit<RequestOptions, "query"> {
  /** With `uid` the DELETE is idempotent, hence retried like a read. */
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
  /** Everything but the deletion itself. In a query the API server would ignore it: a DELETE has options in its body. */
  readonly dryRun?: boolean;
}

/** One request that was sent, for logs and benchmarks. */
export interface RequestInfo {
  readonly method: Verb;
  /** Path and query. */
  readonly path: string;
  /** Undefined when no answer came. */
  readonly status: number | undefined;
  readonly ms: number;
  /** From 1. */
  readonly attempt: number;
}

/** Options of {@linkcode KubeClient}. */
export interface KubeClientOptions {
  readonly userAgent?: string;
  readonly retry?: Partial<RetryPolicy>;
  /** Called after each request on the wire; must not throw. */
  readonly onRequest?: (info: RequestInfo) => void;
}
