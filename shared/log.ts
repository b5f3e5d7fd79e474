import { messageOf } from "./errors.ts";

/** How much a log line matters; a logger drops what is below its own level. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Fields of a log line, beside its time, level and message. Values must be JSON; errors go in as their text. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes JSON lines. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger whose lines all carry these fields too. */
  with(fields: LogFields): Logger;
}

/** Takes one finished line, its newline included. */
export type LogSink = (line: string, level: LogLevel) => void;

const ORDER: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** A logger that hands JSON lines `{time, level, msg, …fields}` to a sink. */
export function createLogger(
  sink: LogSink,
  options: { level?: LogLevel; fields?: LogFields; now?: () => Date } = {},
): Logger {
  const { level: threshold = "info", fields: base = {}, now = (): Date => new Date() } = options;
  function write(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (ORDER[level] < ORDER[threshold]) return;
    const head = { time: now().toISOString(), level, msg: message };
    sink(`${renderLine(head, { ...base, ...fields })}\n`, level);
  }
  return {
    debug: (message, fields) => write("debug", message, fields),
    info: (message, fields) => write("info", message, fields),
    warn: (message, fields) => write("warn", message, fields),
    error: (message, fields) => write("error", message, fields),
    with: (fields) => createLogger(sink, { level: threshold, fields: { ...base, ...fields }, now }),
  };
}

/** A line that cannot be rendered still says what it was about: logging never fails its caller. */
function renderLine(head: LogFields, fields: LogFields): string {
  try {
    return JSON.stringify({ ...head, ...fields, ...head });
  } catch (error) {
    return JSON.stringify({ ...head, fields: Object.keys(fields), fieldsError: messageOf(error) });
  }
}

/**
 * Appends to a file and starts a new one at `maxBytes`; one older file `<path>.1` is kept, so both together
 * never exceed about twice that size. Several processes may write the same file: a line is one append.
 *
 * A file that cannot be written is reported once through `onFailure`; logging never fails its caller.
 */
export function fileSink(
  path: string,
  options: { maxBytes?: number; onFailure: (error: unknown) => void },
): LogSink {
  const { maxBytes = 10 * 1024 * 1024, onFailure } = options;
  let broken = false;
  return (line) => {
    if (broken) return;
    try {
      rotate(path, maxBytes);
      Deno.writeTextFileSync(path, line, { append: true, mode: 0o640 });
    } catch (error) {
      broken = true;
      onFailure(error);
    }
  };
}

/** Of several processes that find the file full at once only one may rename it: the next would rename the new file. */
function rotate(path: string, maxBytes: number): void {
  try {
    if (Deno.lstatSync(path).size < maxBytes) return;
    using file = Deno.openSync(path, { read: true });
    if (!file.tryLockSync(true) || file.statSync().ino !== Deno.lstatSync(path).ino) return;
    Deno.renameSync(path, `${path}.1`);
  } catch (error) {
    // It is not there yet, or another process has renamed it meanwhile.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * Writes lines of at least `level` to stderr. A plugin's stdout belongs to its result. A stderr that nobody reads any
 * more is no reason to fail: there is nowhere left to say so.
 */
export function stderrSink(level: LogLevel): LogSink {
  const encoder = new TextEncoder();
  let broken = false;
  return (line, lineLevel) => {
    if (broken || ORDER[lineLevel] < ORDER[level]) return;
    try {
      const bytes = encoder.encode(line);
      for (let written = 0; written < bytes.length;) written += Deno.stderr.writeSync(bytes.subarray(written));
    } catch (_unread) {
      broken = true;
    }
  };
}

/** Hands every line to all of the sinks. */
export function teeSink(...sinks: readonly LogSink[]): LogSink {
  return (line, level) => {
    for (const sink of sinks) sink(line, level);
  };
}
