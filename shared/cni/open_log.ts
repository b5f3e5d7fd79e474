import { messageOf } from "../errors.ts";
import { createLogger, fileSink, type Logger, stderrSink, teeSink } from "../log.ts";
import { DEFAULT_LOG_FILE } from "../schema/netconf.ts";

const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/**
 * The log of one command of a plugin. Everything goes into the file, warnings and errors to stderr too; stdout is the
 * result's. Keys that are malformed count as absent: a log is wanted most where a configuration is wrong.
 */
export function openLog(conf: { readonly logFile?: unknown; readonly logLevel?: unknown }): Logger {
  const { logFile, logLevel } = conf;
  const toStderr = stderrSink("warn");
  const path = typeof logFile === "string" && logFile !== "" ? logFile : DEFAULT_LOG_FILE;
  const toFile = fileSink(path, {
    onFailure: (error) => {
      createLogger(toStderr).warn("the log file cannot be written", { path, error: messageOf(error) });
    },
  });
  const level = LOG_LEVELS.find((known) => known === logLevel) ?? "info";
  return createLogger(teeSink(toFile, toStderr), { level });
}
