import "./locale.ts";
import * as z from "zod/mini";

/**
 * Longest time that an ADD may take, in milliseconds: a request that it sent last has come to its end (an API server
 * gives up after 60 s) before it is no longer in doubt.
 */
export const MAX_TIMEOUT_MS = 60_000;
/** Time that an ADD may take when the configuration does not say, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 30_000;
/** Log file when the configuration does not say. */
export const DEFAULT_LOG_FILE = "/var/log/danm.log";

const name = z.string().check(z.maxLength(255), z.regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/, "must be a CNI network name"));

/** An attachment that the runtime still knows, as GC gets it. */
export const ValidAttachment = z.object({ containerID: z.string(), ifname: z.string() });
/** An attachment that the runtime still knows. */
export type ValidAttachment = z.infer<typeof ValidAttachment>;

/**
 * Configuration of the `danm` plugin as it comes on stdin: our keys, and what runtimes and libcni inject. Keys that
 * are not known are dropped, so that comments and keys of other plugins do no harm.
 */
export const NetConf = z.object({
  cniVersion: z._default(z.string(), ""),
  name,
  type: z._default(z.string(), "danm"),
  /** Absolute path of the kubeconfig. */
  kubeconfig: z.string().check(z.minLength(1, "must be the path of a kubeconfig")),
  /** Directory of the static delegates' configurations; not set = what the environment says. */
  cniDir: z.optional(z.string()),
  /** `legacy`: `container_prefix` is the exact name of the interface. Empty and `awesome`: position appended. */
  namingScheme: z._default(z.enum(["", "awesome", "legacy"]), ""),
  timeoutMs: z._default(z.int().check(z.minimum(1), z.maximum(MAX_TIMEOUT_MS)), DEFAULT_TIMEOUT_MS),
  logFile: z._default(z.string(), DEFAULT_LOG_FILE),
  logLevel: z._default(z.enum(["debug", "info", "warn", "error"]), "info"),
  /** Name of the Node object; not set = the Pod's `spec.nodeName`, then the hostname. */
  nodeName: z.optional(z.string()),
  /** Path of the configuration that the runtime used before ours, whose plugins detach what we did not attach. */
  formerConf: z.optional(z.string()),
  nadSupport: z._default(z.boolean(), false),
  capabilities: z.optional(z.record(z.string(), z.boolean())),
  runtimeConfig: z.optional(z.record(z.string(), z.unknown())),
  prevResult: z.optional(z.nullable(z.record(z.string(), z.unknown()))),
  /** Key of GC; absent = the runtime said nothing, which is not an empty list. */
  "cni.dev/valid-attachments": z.optional(z.nullable(z.array(ValidAttachment))),
});
/** Configuration of the `danm` plugin as it comes on stdin. */
export type NetConf = z.infer<typeof NetConf>;
