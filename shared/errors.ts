/**
 * Error codes of CNI results. 1–99 belong to the specification, 100 and above to this plugin.
 *
 * @see https://github.com/containernetworking/cni/blob/spec-v1.1.0/SPEC.md#error
 */
export const ErrorCode = {
  IncompatibleVersion: 1,
  InvalidEnvironment: 4,
  IoFailure: 5,
  DecodingFailure: 6,
  InvalidConfig: 7,
  InvalidNetns: 8,
  TryAgain: 11,
  Unavailable: 50,
  LimitedConnectivity: 51,
  PoolExhausted: 100,
  AddressInUse: 101,
  NetworkMissing: 102,
  NetworkForbidden: 103,
  InvalidRequest: 104,
  DelegateFailed: 105,
  HostLinkFailed: 106,
  ApiRefused: 107,
  Unexpected: 999,
} as const;

/** One of the values of {@linkcode ErrorCode}. */
export type ErrorCode = typeof ErrorCode[keyof typeof ErrorCode];

/**
 * A failure with a CNI error code. The message says what failed and for which object, then why;
 * `details` says what to do about it.
 */
export class CniError extends Error {
  override readonly name = "CniError";
  readonly code: ErrorCode;
  readonly details: string | undefined;

  constructor(code: ErrorCode, message: string, options: { details?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details;
  }
}

/** The text of anything that was thrown; of an `AggregateError` the texts of all its errors. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError) {
    return [error.message, ...error.errors.map(messageOf)].filter((text) => text !== "").join("; ");
  }
  return error instanceof Error ? error.message : String(error);
}

/** The errors of an `AggregateError`, and of those within; any other error alone. */
export function flattenErrors(error: unknown): unknown[] {
  return error instanceof AggregateError ? error.errors.flatMap(flattenErrors) : [error];
}
