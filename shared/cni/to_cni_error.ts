import { CniError, ErrorCode, flattenErrors, messageOf } from "../errors.ts";
import { IpBatchError } from "../host/ip_batch.ts";
import { isNetnsGone } from "../host/netns.ts";
import { CommandError } from "../host/run.ts";
import { ApiError, NotFound, TooManyRequests, Unavailable } from "../kube/api_error.ts";
import { KubeconfigError } from "../kube/kube_target.ts";
import { SchemaError } from "../schema/describe_issues.ts";
import { API_GROUP } from "../schema/meta.ts";

/**
 * Brings whatever was thrown into the form that CNI answers. Several errors become one that names them all, with the
 * code of the first.
 *
 * @param what what failed, for errors that do not say so themselves: `ADD of Pod default/web`
 */
export function toCniError(error: unknown, what: string): CniError {
  if (error instanceof CniError) return error;
  if (error instanceof AggregateError) return merge(error, what);
  if (error instanceof SchemaError) {
    const code = error.subject.startsWith("annotation ") ? ErrorCode.InvalidRequest : ErrorCode.InvalidConfig;
    return new CniError(code, error.message, { cause: error });
  }
  if (error instanceof KubeconfigError) return new CniError(ErrorCode.InvalidConfig, error.message, { cause: error });
  if (error instanceof ApiError) return fromApi(error, what);
  if (error instanceof DOMException && (error.name === "TimeoutError" || error.name === "AbortError")) {
    return new CniError(ErrorCode.TryAgain, `${what} did not end in time (timeoutMs of the configuration)`, {
      cause: error,
    });
  }
  if (isNetnsGone(error)) {
    return new CniError(
      ErrorCode.InvalidEnvironment,
      `${what}: CNI_NETNS is no network namespace: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
  const code = error instanceof CommandError || error instanceof IpBatchError
    ? ErrorCode.HostLinkFailed
    : ErrorCode.Unexpected;
  return new CniError(code, `${what}: ${messageOf(error)}`, { cause: error });
}

function fromApi(error: ApiError, what: string): CniError {
  const again = error instanceof Unavailable || error instanceof TooManyRequests || error.status === 409;
  return new CniError(again ? ErrorCode.TryAgain : ErrorCode.ApiRefused, `${what}: ${error.message}`, {
    cause: error,
    details: again
      ? "the API server cannot be reached, or cannot do it now; the runtime tries again"
      : isNotServed(error)
      ? `the CustomResourceDefinitions of DANM (crds/) are not installed in this cluster, or not those of this release`
      : "see the kubeconfig of the configuration and the rights of its user",
  });
}

/** A 404 about an object, or its namespace, names it. */
function isNotServed(error: ApiError): boolean {
  return error instanceof NotFound && error.details === undefined && error.path.startsWith(`/apis/${API_GROUP}/`);
}

function merge(error: AggregateError, what: string): CniError {
  const errors = flattenErrors(error).map((one) => toCniError(one, what));
  const details = [...new Set(errors.map((one) => one.details).filter((text) => text !== undefined))].join("; ");
  return new CniError(
    errors[0]?.code ?? ErrorCode.Unexpected,
    enumerate(errors, `${what}: `) || `${what}: ${error.message}`,
    { cause: error, ...(details && { details }) },
  );
}

/**
 * Names each failure once, and what failed only before the first. Of requests that failed alike one stands for all: a
 * Pod of many interfaces makes many, and of an Event few see more than the beginning.
 */
function enumerate(errors: readonly CniError[], prefix: string): string {
  const kinds = Map.groupBy(errors, kindOf).values().map((alike) => new Set(alike.map(({ message }) => message)));
  return kinds.map((messages, index) => {
    const [message = ""] = messages;
    const more = messages.size > 1 ? ` (and ${messages.size - 1} more like it)` : "";
    return (index > 0 && message.startsWith(prefix) ? message.slice(prefix.length) : message) + more;
  }).toArray().join("; ");
}

/** The same for requests that differ in nothing but the objects' names, and for equal messages. */
function kindOf({ message, cause }: CniError): string {
  if (!(cause instanceof ApiError)) return message;
  const collection = cause.verb === "POST" ? cause.path : cause.path.slice(0, cause.path.lastIndexOf("/"));
  return message.replace(cause.path, collection).replaceAll(/"[^"]*"/g, "");
}
