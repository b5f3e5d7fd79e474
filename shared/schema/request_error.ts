import { CniError, ErrorCode } from "../errors.ts";

/** What is asked for cannot be had of the network that is there: code 104. */
export class RequestError extends CniError {
  /** Path of what is asked for inside of its source, such as `[0].ip`. */
  readonly field: string;
  readonly reason: string;

  /**
   * @param at.source where it is asked for: `annotation danm.io/interfaces`
   * @param why.details what to do about it
   */
  constructor(at: { source: string; field: string }, why: { reason: string; details: string }) {
    super(ErrorCode.InvalidRequest, `${at.source}: ${at.field}: ${why.reason}`, { details: why.details });
    this.field = at.field;
    this.reason = why.reason;
  }
}
