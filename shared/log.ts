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
    sink(`${JSON.stringify({ time: now().toISOString(), level, msg: message, ...base, ...fields })}\n`, level);
  }
  return {
    debug: (message, fields) => write("debug", message, fields),
    info: (message, fields) => write("info", message, fields),
    warn: (message, fields) => write("warn", message, fields),
    error: (message, fields) => write("error", message, fields),
    with: (fields) => createLogger(sink, { level: threshold, fields: { ...base, ...fields }, now }),
  };
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

function rotate(path: string, maxBytes: number): void {
  let size: number;
  try {
    size = Deno.lstatSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  if (size >= maxBytes) Deno.renameSync(path, `${path}.1`);
}

/** Writes lines of at least `level` to stderr. A plugin's stdout belongs to its result. */
export function stderrSink(level: LogLevel): LogSink {
  const encoder = new TextEncoder();
  return (line, lineLevel) => {
    if (ORDER[lineLevel] >= ORDER[level]) Deno.stderr.writeSync(encoder.encode(line));
  };
}

/** Hands every line to all of the sinks. */
export function teeSink(...sinks: readonly LogSink[]): LogSink {
  return (line, level) => {
    for (const sink of sinks) sink(line, level);
  };
}
