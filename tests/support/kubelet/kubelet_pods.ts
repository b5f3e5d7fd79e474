/** Pods that a kubelet starts and ends, with their sandboxes as the runtime made them. */
import { type DanmLab, STATE_DIR, type TestPod, type TestSandbox } from "../danm_lab.ts";
import { hostTraces } from "../delegates/delegate_lab.ts";
import type { Node } from "../lab/node.ts";
import { waitFor } from "../wait.ts";

/** Where containerd's CNI library keeps what it was told, in the node. */
const RESULTS = "/var/lib/cni/results";

/** The kubelet tries again every ten seconds or so. */
const TIMEOUT_MS = 90_000;

/** A Pod that runs. */
export interface RunningPod extends TestPod {
  readonly sandbox: TestSandbox;
  /** `status.podIPs`: what the kubelet heard from the runtime. */
  readonly podIPs: readonly string[];
}

/** Pods of one node's kubelet, whose networks are of one list of plugins named `danm`. */
export class KubeletPods {
  readonly #danm: DanmLab;
  readonly #node: Node;

  constructor(danm: DanmLab, node: Node) {
    this.#danm = danm;
    this.#node = node;
  }

  /** Makes a Pod and waits until it runs. */
  async run(name: string, interfaces: readonly object[]): Promise<RunningPod> {
    return await this.running(await this.#danm.createPod(this.#node, { name, interfaces }));
  }

  /** Waits until a Pod runs. */
  async running(pod: TestPod): Promise<RunningPod> {
    const podIPs = await waitFor(`Pod ${pod.name} to run`, async () => {
      const { status } = await this.#get("pod", pod.name);
      const ready = status.conditions?.some((at: Condition) => at.type === "Ready" && at.status === "True");
      return ready ? status.podIPs.map(({ ip }: { ip: string }) => ip) : undefined;
    }, { timeoutMs: TIMEOUT_MS });
    return { ...pod, podIPs, sandbox: await this.#sandboxOf(pod) };
  }

  /** Has a Pod deleted; the kubelet sees to it when it does. */
  async startDeletion({ name }: TestPod): Promise<void> {
    await this.#danm.lab.kubectl(["delete", "pod", name, "--wait=false", "--grace-period=1"]);
  }

  /** Waits until a Pod's object is gone, which is when the kubelet has done all there was to do. */
  async gone({ name }: TestPod): Promise<void> {
    const timeoutMs = TIMEOUT_MS;
    await this.#danm.lab.kubectl(["wait", "--for=delete", `pod/${name}`, `--timeout=${timeoutMs / 1000}s`], {
      timeoutMs: timeoutMs + 5000,
    });
  }

  /** The messages of a Pod's Events of one reason, newest last. */
  async messages({ name }: TestPod, reason: string): Promise<string[]> {
    const selector = `--field-selector=involvedObject.name=${name},reason=${reason}`;
    const { items } = JSON.parse(await this.#danm.lab.kubectl(["get", "events", selector, "-o", "json"]));
    return items.map(({ message }: { message: string }) => message);
  }

  /** Waits for an Event of that reason whose message matches. */
  async event(pod: TestPod, reason: string, message: RegExp): Promise<string> {
    let seen: readonly string[] = [];
    try {
      return await waitFor(`an Event ${reason} of ${pod.name}`, async () => {
        seen = await this.messages(pod, reason);
        return seen.find((each) => message.test(each));
      }, { timeoutMs: TIMEOUT_MS, intervalMs: 250 });
    } catch (cause) {
      throw new Error(`none of the Events ${reason} of ${pod.name} is like ${message}: ${JSON.stringify(seen)}`, {
        cause,
      });
    }
  }

  /** Waits until the node's condition Ready is what it should be; its message. */
  async nodeReady(status: "True" | "False"): Promise<string> {
    return await waitFor(`${this.#node.name} to have Ready=${status}`, async () => {
      const node = await this.#get("node", this.#node.name);
      const ready: Condition | undefined = node.status.conditions?.find(({ type }: Condition) => type === "Ready");
      return ready?.status === status ? ready.message : undefined;
    }, { timeoutMs: TIMEOUT_MS, intervalMs: 250 });
  }

  /** What is left on the node, in the API and in the runtime's memory of a sandbox; empty when nothing is. */
  async leftovers(sandbox: TestSandbox): Promise<string[]> {
    const { stdout } = await this.#node.run(["find", RESULTS, "/run/netns", "-type", "f"]);
    const files = stdout.split("\n").filter((path) => path.includes(sandbox.containerID) || path === sandbox.netns);
    return [...await this.#danm.leftovers(sandbox), ...files];
  }

  /** What is left of all sandboxes; empty when nothing is. */
  async traces(): Promise<string[]> {
    const directories = [RESULTS, STATE_DIR, "/run/netns"];
    const { stdout } = await this.#node.run(["find", ...directories, "-maxdepth", "1", "-type", "f"]);
    return [
      ...(await this.#danm.held()).map(({ kind, name }) => `${kind} ${name}`),
      ...await hostTraces(this.#node),
      ...stdout.split("\n").filter((path) => path !== ""),
    ];
  }

  async #sandboxOf(pod: TestPod): Promise<TestSandbox> {
    const { items } = JSON.parse(await this.#danm.lab.kubectl(["get", "danmeps", "-A", "-o", "json"]));
    const endpoints: { spec: { CID: string; PodUID: string } }[] = items;
    const containerID = endpoints.find(({ spec }) => spec.PodUID === pod.uid)?.spec.CID;
    const { stdout } = await this.#node.run(["cat", `${RESULTS}/danm-${containerID}-eth0`]);
    const { netns } = JSON.parse(stdout);
    return { node: this.#node, pod, containerID: containerID ?? "", netns: netns.replace(/^\/var\/run/, "/run") };
  }

  // deno-lint-ignore no-explicit-any -- an object of Kubernetes
  async #get(kind: string, name: string): Promise<any> {
    return JSON.parse(await this.#danm.lab.kubectl(["get", kind, name, "-o", "json"]));
  }
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message: string;
}
