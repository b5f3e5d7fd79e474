import { CniError, ErrorCode, messageOf } from "../errors.ts";
import type { PluginIo } from "./plugin_io.ts";

/** A configuration is a few kilobytes; more than this is no configuration. */
const MAX_STDIN_BYTES = 4 * 1024 * 1024;

/**
 * The text on stdin.
 *
 * @throws {CniError} code 5 when it cannot be read or does not end, code 6 when it is no text
 */
export function readStdinText(io: PluginIo): string {
  try {
    const bytes = io.readStdin(MAX_STDIN_BYTES);
    if (bytes.length > MAX_STDIN_BYTES) throw new RangeError(`more than ${MAX_STDIN_BYTES} bytes`);
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const code = cause instanceof TypeError ? ErrorCode.DecodingFailure : ErrorCode.IoFailure;
    throw new CniError(code, `the configuration on stdin cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** @throws {CniError} code 6 when the text is no JSON object */
export function decodeConf(text: string): Record<string, unknown> {
  let conf: unknown;
  try {
    conf = JSON.parse(text);
  } catch (cause) {
    throw new CniError(ErrorCode.DecodingFailure, `the configuration on stdin is not JSON: ${messageOf(cause)}`, {
      cause,
    });
  }
  if (typeof conf === "object" && conf !== null && !Array.isArray(conf)) return conf as Record<string, unknown>;
  throw new CniError(ErrorCode.DecodingFailure, "the configuration on stdin is not a JSON object");
}
