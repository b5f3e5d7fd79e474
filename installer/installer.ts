import { messageOf } from "../shared/errors.ts";
import type { Run } from "../shared/host/run.ts";
import { ApiError, Unauthorized } from "../shared/kube/api_error.ts";
import { KubeClient } from "../shared/kube/client.ts";
import { loadKubeconfig } from "../shared/kube/kubeconfig.ts";
import type { Logger } from "../shared/log.ts";
import { probeAbilities, renderAbilityLabels } from "./abilities.ts";
import { findText } from "./atomic_file.ts";
import { Cooldown } from "./cooldown.ts";
import { Digests } from "./digest.ts";
import { confPath, type HostPaths, kubeconfigPath } from "./host_paths.ts";
import { installExecutables } from "./install_executables.ts";
import { keepConf, putConf } from "./keep_conf.ts";
import type { NodeAccess } from "./node_access.ts";
import { labelNode } from "./node_object.ts";
import { findServer } from "./plan_token.ts";
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
  readonly access: NodeAccess;
  readonly run: Run;
  /** Path of the runtime that analyses and compiles the plugins. */
  readonly runtime: string;
  readonly monotonicMs: () => number;
  readonly log: Logger;
}

/** How long what the API server said is good for, in milliseconds. */
const API_PERIOD_MS = 60_000;

/** When the plugins' caches could not be made, they are tried again after this time, in milliseconds. */
const WARM_COOLDOWN_MS = 10 * 60_000;

/** Keeps one node's installation as it should be. */
export class Installer {
  readonly #deps: InstallerDeps;
  readonly #digests = new Digests();
  readonly #retirement: Retirement;
  readonly #warmCooldown: Cooldown;
  #isLabelled = false;
  /** The configuration that was last found right, and when. */
  #conf: { readonly text: string; readonly atMs: number; readonly settings: Settings } | undefined;

  constructor(deps: InstallerDeps) {
    this.#deps = deps;
    this.#retirement = new Retirement(deps.monotonicMs);
    this.#warmCooldown = new Cooldown(WARM_COOLDOWN_MS, deps.monotonicMs);
  }

  /**
   * Looks at everything once and mends what is not right. Each part that can be is.
   *
   * @returns what is missing; empty when Pods can be attached
   */
  async turn(signal: AbortSignal): Promise<string[]> {
    const { paths, log, settingsDir, sourceDir, run, runtime } = this.#deps;
    const reasons: string[] = [];
    const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
      try {
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        reasons.push(messageOf(error));
        return undefined;
      }
    };
    await attempt(async () => {
      const [digests, warmCooldown] = [this.#digests, this.#warmCooldown];
      const version = await installExecutables({ paths, sourceDir, digests, warmCooldown, run, runtime, log, signal });
      await this.#retirement.look(paths.installDir, { current: version, log });
    });
    const isInstalled = reasons.length === 0;
    const settings = await attempt(() => readSettings(settingsDir));
    await attempt(() => settings ? this.#configure(settings, { isInstalled, signal }) : this.#keepAsItIs(signal));
    await attempt(() => this.#tellAbilities(signal));
    return reasons;
  }

  async #configure(
    settings: Settings,
    { isInstalled, signal }: { isInstalled: boolean; signal: AbortSignal },
  ): Promise<void> {
    const { access, log } = this.#deps;
    access.use(settings.apiServer);
    try {
      await access.node(signal);
      await access.keepToken({ signal });
      if (!isInstalled || this.#isFresh(settings)) return await this.#restoreConf();
      await this.#keepConf(settings, signal);
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      // Says so when the token that is there has expired meanwhile.
      await access.keepToken({ signal });
      await this.#restoreConf();
      if (await findText(confPath(this.#deps.paths)) === undefined) throw error;
      log.warn("the API server cannot be reached; the node keeps what it has", { error: messageOf(error) });
    }
  }

  /** A typing error in the settings must cost the node neither its token nor its configuration. */
  async #keepAsItIs(signal: AbortSignal): Promise<void> {
    const { access, paths } = this.#deps;
    await this.#restoreConf();
    const kubeconfig = await findText(kubeconfigPath(paths));
    if (kubeconfig !== undefined) {
      access.use(findServer(kubeconfig));
      await access.keepToken({ signal });
    }
    await access.node(signal);
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
    const { access, paths, nodeName, run, commandPath, log, monotonicMs } = this.#deps;
    const { status } = await access.node(signal);
    const cniVersion = confVersion(status?.nodeInfo?.containerRuntimeVersion ?? "");
    const client = await access.client();
    const keep = async (): Promise<string> => {
      // Straight, as plugins go when the relay is away: that tries all that the kubeconfig says.
      const { relay: _relay, ...target } = await loadKubeconfig(kubeconfigPath(paths));
      using asPlugin = new KubeClient(target, { userAgent: "danm-installer" });
      const api = { client, asPlugin };
      return await keepConf({ paths, settings, nodeName, cniVersion, ...api, run, commandPath, log, signal });
    };
    let text: string;
    try {
      text = await keep();
    } catch (error) {
      if (!(error instanceof Unauthorized)) throw error;
      await access.keepToken({ signal, refused: true });
      text = await keep();
    }
    this.#conf = { text, atMs: monotonicMs(), settings };
  }

  async #tellAbilities(signal: AbortSignal): Promise<void> {
    if (this.#isLabelled) return;
    const { access, nodeName: name, run, log } = this.#deps;
    try {
      const labels = renderAbilityLabels(await probeAbilities({ run, log, signal }));
      await labelNode(await access.client(), { name, labels, signal });
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
