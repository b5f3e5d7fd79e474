import { messageOf } from "../shared/errors.ts";
import type { Run } from "../shared/host/run.ts";
import { ApiError, Unauthorized } from "../shared/kube/api_error.ts";
import { KubeClient } from "../shared/kube/client.ts";
import type { KubeTarget } from "../shared/kube/kube_target.ts";
import { loadKubeconfig } from "../shared/kube/kubeconfig.ts";
import type { Logger } from "../shared/log.ts";
import { probeAbilities, renderAbilityLabels } from "./abilities.ts";
import { findText } from "./atomic_file.ts";
import { Digests } from "./digest.ts";
import { confPath, type HostPaths, kubeconfigPath } from "./host_paths.ts";
import { installExecutables } from "./install_executables.ts";
import { keepConf, putConf } from "./keep_conf.ts";
import { keepToken } from "./keep_token.ts";
import { getNode, labelNode, type NodeObject } from "./node_object.ts";
import { confVersion } from "./render_conf.ts";
import { Retirement } from "./retire_versions.ts";
import { readSettings, type Settings } from "./settings.ts";

/** What an installer works with. */
export interface InstallerDeps {
  readonly paths: HostPaths;
  /** Folder of the executables in the image. */
  readonly sourceDir: string;
  /** Folder of the settings; undefined = all defaults. */
  readonly settingsDir: string | undefined;
  readonly nodeName: string;
  /** Folders in which the host's commands are, as this process sees them. */
  readonly commandPath: string;
  /** The installer's own way to the API server. */
  readonly target: KubeTarget;
  readonly client: KubeClient;
  readonly run: Run;
  /** Path of the runtime that analyses bundles. */
  readonly runtime: string;
  readonly monotonicMs: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
}

/** How long what the API server said is good for, in milliseconds. */
const API_PERIOD_MS = 60_000;

/** Keeps one node's installation as it should be. */
export class Installer {
  readonly #deps: InstallerDeps;
  readonly #digests = new Digests();
  readonly #retirement: Retirement;
  #node: NodeObject | undefined;
  #isLabelled = false;
  /** The configuration that was last found right, and when. */
  #conf: { readonly text: string; readonly atMs: number; readonly settings: Settings } | undefined;

  constructor(deps: InstallerDeps) {
    this.#deps = deps;
    this.#retirement = new Retirement(deps.monotonicMs);
  }

  /** Whether the API server has accepted us. */
  get isKnown(): boolean {
    return this.#node !== undefined;
  }

  /**
   * Looks at everything once and mends what is not right. Each part that can be is.
   *
   * @returns what is missing; empty when Pods can be attached
   */
  async turn(signal: AbortSignal): Promise<string[]> {
    const { paths, log, sourceDir, run, runtime } = this.#deps;
    const reasons: string[] = [];
    const attempt = async (work: () => Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        signal.throwIfAborted();
        reasons.push(messageOf(error));
      }
    };
    await attempt(async () => {
      const version = await installExecutables({ paths, sourceDir, digests: this.#digests, run, runtime, log, signal });
      await this.#retirement.look(paths.installDir, { current: version, log });
    });
    await attempt(() => this.#configure(signal, { isInstalled: reasons.length === 0 }));
    await attempt(() => this.#tellAbilities(signal));
    return reasons;
  }

  async #configure(signal: AbortSignal, { isInstalled }: { isInstalled: boolean }): Promise<void> {
    const { settingsDir, log } = this.#deps;
    let settings: Settings;
    try {
      settings = await readSettings(settingsDir);
    } catch (error) {
      // A typing error must not cost the node its token.
      if (this.#conf) await this.#keepToken(this.#conf.settings, { signal, refused: false });
      throw error;
    }
    try {
      await this.#getNode(signal);
      await this.#keepToken(settings, { signal, refused: false });
      if (!isInstalled || this.#isFresh(settings)) return await this.#restoreConf();
      await this.#keepConf(settings, signal);
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      // Says so when the token that is there has expired meanwhile.
      await this.#keepToken(settings, { signal, refused: false });
      await this.#restoreConf();
      if (await findText(confPath(this.#deps.paths)) === undefined) throw error;
      log.warn("the API server cannot be reached; the node keeps what it has", { error: messageOf(error) });
    }
  }

  #isFresh(settings: Settings): boolean {
    const { monotonicMs } = this.#deps;
    return this.#conf !== undefined && isSame(this.#conf.settings, settings) &&
      monotonicMs() - this.#conf.atMs < API_PERIOD_MS;
  }

  /** What somebody removed or changed is put back; that it is right was found out a moment ago. */
  async #restoreConf(): Promise<void> {
    if (!this.#conf || !(await putConf(this.#deps.paths, this.#conf.text))) return;
    this.#deps.log.warn("our CNI configuration was removed or changed by somebody; it is put back");
  }

  async #keepConf(settings: Settings, signal: AbortSignal): Promise<void> {
    const { paths, nodeName, client, run, commandPath, log, monotonicMs } = this.#deps;
    const { status } = await this.#getNode(signal);
    const cniVersion = confVersion(status?.nodeInfo?.containerRuntimeVersion ?? "");
    const keep = async (): Promise<string> => {
      using asPlugin = new KubeClient(await loadKubeconfig(kubeconfigPath(paths)), { userAgent: "danm-installer" });
      return await keepConf({
        paths,
        settings,
        nodeName,
        cniVersion,
        client,
        asPlugin,
        run,
        commandPath,
        log,
        signal,
      });
    };
    let text: string;
    try {
      text = await keep();
    } catch (error) {
      if (!(error instanceof Unauthorized)) throw error;
      // The Node, or the ServiceAccount, is another one of that name.
      this.#node = undefined;
      await this.#keepToken(settings, { signal, refused: true });
      text = await keep();
    }
    this.#conf = { text, atMs: monotonicMs(), settings };
  }

  async #keepToken(settings: Settings, { signal, refused }: { signal: AbortSignal; refused: boolean }): Promise<void> {
    const { paths, client, target, nodeName, now, log } = this.#deps;
    const api = { server: (settings.apiServer ?? target.server).replace(/\/+$/, ""), authorities: target.caCerts };
    const node = {
      name: nodeName,
      knownUID: this.#node?.metadata.uid,
      getUID: async () => (await this.#getNode(signal)).metadata.uid,
    };
    await keepToken({ paths, client, api, node, now, log, signal }, { refused });
  }

  async #getNode(signal: AbortSignal): Promise<NodeObject> {
    const { client, nodeName: name } = this.#deps;
    return this.#node ??= await getNode(client, { name, signal });
  }

  async #tellAbilities(signal: AbortSignal): Promise<void> {
    if (this.#isLabelled) return;
    const { client, nodeName: name, run, log } = this.#deps;
    try {
      const labels = renderAbilityLabels(await probeAbilities({ run, log, signal }));
      await labelNode(client, { name, labels, signal });
      this.#isLabelled = true;
      log.info("the Node tells what links it can make", labels);
    } catch (error) {
      signal.throwIfAborted();
      // Labels help users to choose; no Pod needs them.
      log.warn("the Node cannot be told what links it can make", { error: messageOf(error) });
    }
  }
}

function isSame(one: Settings, other: Settings): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Nobody answered, or somebody who may do better in a moment. */
function isUnreachable(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);
}
