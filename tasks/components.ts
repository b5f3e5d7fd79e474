/** An executable of the product: what it is made of, what it is called, what it may do. */
export interface Component {
  /** The folder with its `main.ts`. */
  readonly folder: string;
  /** The name of the executable in `dist/`. */
  readonly executable: string;
  /** Deno's permission flags: the least that it works with; `$root` is the folder of the executable. */
  readonly permissions: readonly string[];
  /** A CNI plugin: whatever is wrong with it, its caller expects one JSON document. */
  readonly cniPlugin?: true;
}

/** Starting a plugin needs `--allow-run` without a list, because plugins live in whatever CNI_PATH names. */
const CNI_PLUGIN = [
  "--allow-env",
  "--allow-net",
  "--allow-read",
  "--allow-run",
  "--allow-sys=hostname,osUptime",
  "--allow-write",
];

/** Starts nothing: with a kubeconfig whose user comes from an exec plugin it says that it may not. */
const IPAM_PLUGIN = CNI_PLUGIN.filter((flag) => flag !== "--allow-run");

/** Where the API server is for a Pod; what the YAML parser of kubeconfigs looks for. */
const API_ENV = "KUBERNETES_SERVICE_HOST,KUBERNETES_SERVICE_PORT,LOG_STREAM,LOG_TOKENS";

/**
 * Listens and asks the API server, wherever both are. Certificates and kubeconfig are where flags say. It writes no file
 * and starts nothing.
 */
const WEBHOOK = [`--allow-env=${API_ENV}`, "--allow-net", "--allow-read"];

/**
 * Writes where plugins, their configurations, versions and records are, and runs what it installed there. Its flags may
 * name other places only where these permissions are changed with them.
 */
const INSTALLER = [
  `--allow-env=${API_ENV},NODE_NAME,PATH`,
  "--allow-net",
  "--allow-read=/opt/cni/bin,/etc/cni/net.d,/var/lib/danm,/var/lib/cni,/run/danm,/etc/danm,/var/run/secrets,$root",
  "--allow-run=$root/deno,/bin/sh,unshare",
  "--allow-write=/opt/cni/bin,/etc/cni/net.d,/var/lib/danm,/var/lib/cni,/run/danm",
];

/**
 * All executables. The only place that says what each may do; `deno task build` refuses a folder with a `main.ts`
 * that is not here.
 */
export const COMPONENTS: readonly Component[] = [
  { folder: "cni", executable: "danm", permissions: CNI_PLUGIN, cniPlugin: true },
  { folder: "danm_ipam", executable: "danm-ipam", permissions: IPAM_PLUGIN, cniPlugin: true },
  { folder: "fakeipam", executable: "fakeipam", permissions: ["--allow-env"], cniPlugin: true },
  { folder: "installer", executable: "danm-installer", permissions: INSTALLER },
  { folder: "webhook", executable: "danm-webhook", permissions: WEBHOOK },
];

/**
 * Folders that are, or will be, executables: they import `ipam/`, `shared/` and themselves, never each other.
 *
 * @see ARCHITECTURE.md
 */
export const EXECUTABLE_FOLDERS = [
  "cni",
  "fakeipam",
  "danm_ipam",
  "installer",
  "netwatcher",
  "svcwatcher",
  "webhook",
  "cleaner",
  "policer",
  "showalloc",
] as const;
