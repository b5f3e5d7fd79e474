import { join, relative } from "node:path";
import { ROOT } from "../../../tasks/support/root.ts";
import type { BuiltImage } from "../../../tasks/images/build_images.ts";
import type { Cluster } from "./running_cluster.ts";

/** Which DANM is installed. */
export interface DanmRelease {
  /** Folder of `k8s/overlays`. */
  readonly overlay: "lightweight" | "production";
  /** Folders of `k8s/components` that are used, too. Default: none. */
  readonly components?: readonly string[];
  readonly images: readonly BuiltImage[];
}

/** Time for a roll-out, in milliseconds. */
const ROLLOUT_MS = 180_000;

/**
 * Time for a removal, in milliseconds. Of a kind that is deleted before its storage is ready (`storage is
 * (re)initializing`) the API server forgets to try again, if the status that it has just written is not in its own
 * cache after 5 ms; it looks through all kinds every five minutes: apiextensions-apiserver,
 * `pkg/controller/finalizer/crd_finalizer.go`. This happens to kinds that have just been made.
 */
export const REMOVAL_MS = 420_000;

/** Where DANM runs. */
export const DANM_NAMESPACE = "danm-system";

/** DANM on a cluster, put there the way that a user does it: images, then `kubectl apply -k`. */
export class DanmCluster {
  readonly cluster: Cluster;
  #installed = 0;

  /** Installs nothing yet. */
  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  /**
   * Installs a release, or upgrades to it; returns when all of its Pods are ready.
   *
   * @returns what kubectl printed
   * @throws {Error} with the logs of our Pods, when they do not get ready
   */
  async apply(release: DanmRelease): Promise<string> {
    const { cluster } = this;
    for (const { archive } of release.images) await cluster.importImage(archive);
    const dir = await this.#writeKustomization(release);
    const said = await cluster.kubectl(["apply", "-k", dir], { timeoutMs: ROLLOUT_MS });
    await this.untilReady();
    return said;
  }

  /** Waits until the installers of all nodes and the webhook are of the newest release, and ready. */
  async untilReady(): Promise<void> {
    const { cluster } = this;
    const rollout = ["rollout", "status", `--namespace=${DANM_NAMESPACE}`, `--timeout=${ROLLOUT_MS / 1000}s`];
    try {
      for (const what of ["daemonset/danm-cni", "deployment/danm-webhook"]) {
        await cluster.kubectl([...rollout, what], { timeoutMs: ROLLOUT_MS + 10_000 });
      }
    } catch (cause) {
      throw new Error(`DANM does not get ready:\n${await this.#describe()}`, { cause });
    }
  }

  /** Removes a release; returns when its Pods are gone. */
  async delete(release: DanmRelease): Promise<string> {
    const dir = await this.#writeKustomization(release);
    return await this.cluster.kubectl(["delete", "-k", dir, "--wait=true"], { timeoutMs: REMOVAL_MS });
  }

  /** A folder to use with `-k`: the overlay with the images of the release, as a user would write it. */
  async #writeKustomization({ overlay, components = [], images }: DanmRelease): Promise<string> {
    const dir = `${this.cluster.lab.dir}/install-${++this.#installed}`;
    await Deno.mkdir(dir);
    const k8s = relative(await Deno.realPath(dir), await Deno.realPath(join(ROOT, "k8s")));
    const tags = images.map(({ reference }) => {
      const [name, newTag] = reference.split(":");
      return { name, newTag };
    });
    const kustomization = {
      resources: [`${k8s}/overlays/${overlay}`],
      components: components.map((name) => `${k8s}/components/${name}`),
      images: tags,
    };
    await Deno.writeTextFile(`${dir}/kustomization.yaml`, JSON.stringify(kustomization, null, 2));
    return dir;
  }

  async #describe(): Promise<string> {
    const { cluster } = this;
    const inNamespace = `--namespace=${DANM_NAMESPACE}`;
    const pods = await cluster.kubectl(["get", "pods", "--output=wide", inNamespace]);
    const events = await cluster.kubectl(["get", "events", inNamespace, "--field-selector=type=Warning"]);
    const logs = ["logs", inNamespace, "--prefix", "--tail=20", "--selector=app.kubernetes.io/part-of=danm"];
    // Containers that have not started have none.
    const said = await cluster.kubectl([...logs, "--ignore-errors"]).catch(String);
    return [pods, events, said].join("\n");
  }
}
