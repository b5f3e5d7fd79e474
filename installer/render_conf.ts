import type { Settings } from "./settings.ts";

/** What our configuration says. */
export interface ConfFacts {
  readonly settings: Settings;
  readonly nodeName: string;
  /** Path of the plugins' kubeconfig. */
  readonly kubeconfig: string;
  /** Folder of the runtime's configurations, which static delegates have theirs in. */
  readonly confDir: string;
  /** As {@linkcode confVersion} has it. */
  readonly cniVersion: string;
  /** Name of the configuration that the runtime uses without ours; undefined = there is none. */
  readonly formerFile: string | undefined;
  /** What the delegates of the network `default` want to be told by the runtime. */
  readonly capabilities: Readonly<Record<string, true>>;
}

/** Name of our network for the runtime. GC and the records go by it, so it never changes. */
const NAME = "danm";

/** The configuration of the plugin alone. */
export function renderPlugin(facts: ConfFacts): Record<string, unknown> {
  const { settings: { logLevel, namingScheme, nadSupport, timeoutMs }, nodeName, kubeconfig, confDir } = facts;
  return {
    type: "danm",
    kubeconfig,
    cniDir: confDir,
    nodeName,
    ...(facts.formerFile !== undefined && { formerConf: `${confDir}/${facts.formerFile}` }),
    ...(logLevel !== undefined && { logLevel }),
    ...(namingScheme !== undefined && { namingScheme }),
    ...(nadSupport !== undefined && { nadSupport }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(Object.keys(facts.capabilities).length > 0 && { capabilities: facts.capabilities }),
  };
}

/** The text of our configuration. */
export function renderConf(facts: ConfFacts): string {
  const { cniVersion } = facts;
  return `${JSON.stringify({ cniVersion, name: NAME, plugins: [renderPlugin(facts)] }, undefined, 2)}\n`;
}

/** What a runtime would pass to the plugin to ask for its STATUS. */
export function renderStatusRequest(facts: ConfFacts): string {
  return JSON.stringify({ ...renderPlugin(facts), cniVersion: "1.1.0", name: NAME });
}

/**
 * The version of CNI that a runtime certainly has. With 1.1.0 it asks for the plugin's STATUS, and what is missing on a
 * node is told by its Node object.
 *
 * @param runtime `status.nodeInfo.containerRuntimeVersion`, such as `containerd://2.1.3`
 */
export function confVersion(runtime: string): "1.0.0" | "1.1.0" {
  const [, name, major] = /^([a-z-]+):\/\/v?(\d+)\./.exec(runtime) ?? [];
  return name === "containerd" && Number(major) >= 2 ? "1.1.0" : "1.0.0";
}
