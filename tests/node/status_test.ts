import { assert, assertEquals } from "@std/assert";
import { type CallOptions, DanmLab, STATE_DIR, type TestSandbox } from "../support/danm_lab.ts";
import { startFaultProxy } from "../support/lab/fault_proxy.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";
import { toStderr } from "../support/progress.ts";

/** A node that is not in order: lines of a shell that make it so, and that mend it. */
interface Disorder {
  readonly what: string;
  readonly breaks?: string;
  readonly mends?: string;
  readonly options?: CallOptions;
  /** Code and message; none: STATUS has nothing against it. */
  readonly says?: readonly [code: number, msg: RegExp];
}

const REPORT = "/run/danm/node-report.json";
const CUT_OFF = '{"apiServerReachable":false,"since":"2026-01-01T00:00:00Z"}';

function disorders(emptyDir: string): Disorder[] {
  const conf = (changes: object): CallOptions => ({ conf: { ...V1_1, ...changes } });
  return [
    { what: "nothing" },
    { what: "no CNI_PATH", options: { env: { CNI_PATH: "" } } },
    {
      what: "no kubeconfig",
      options: conf({ kubeconfig: "/none/kubeconfig" }),
      says: [50, /^kubeconfig \/none\/kubeconfig/],
    },
    { what: "a kubeconfig that is a directory", options: conf({ kubeconfig: "/etc" }), says: [50, /kubeconfig \/etc/] },
    {
      what: "a kubeconfig that is none",
      breaks: "echo rubbish >/run/kubeconfig",
      options: conf({ kubeconfig: "/run/kubeconfig" }),
      says: [50, /kubeconfig/],
    },
    {
      what: "no commands",
      options: { path: emptyDir },
      says: [50, /^command ip is in none of .*; command nsenter is .*; command sysctl is /],
    },
    { what: "no fakeipam", options: { env: { CNI_PATH: emptyDir } }, says: [50, /no executable fakeipam in CNI_PATH/] },
    {
      what: "no kubeconfig and no fakeipam",
      options: { ...conf({ kubeconfig: "/none/kubeconfig" }), env: { CNI_PATH: emptyDir } },
      says: [50, /kubeconfig.*; .*fakeipam/],
    },
    {
      what: "records that cannot be kept",
      breaks: `mkdir -p ${STATE_DIR}; mount -t tmpfs -o ro tmpfs ${STATE_DIR}`,
      mends: `umount ${STATE_DIR}`,
      says: [50, /record directory \/var\/lib\/cni\/danm cannot be made/],
    },
    {
      what: "a node agent that is cut off",
      breaks: `mkdir -p /run/danm; echo '${CUT_OFF}' >${REPORT}`,
      says: [51, /^the node agent has not reached the API server since 2026-01-01T00:00:00Z$/],
    },
    { what: "a node agent that was cut off, and wrote no more", breaks: `touch -d '3 minutes ago' ${REPORT}` },
    { what: "a node agent whose report is damaged", breaks: `echo '{' >${REPORT}` },
    { what: "a node agent that is not there", breaks: `rm ${REPORT}` },
  ];
}

const V1_1 = { cniVersion: "1.1.0" };

/** Until a STATUS that looks at nothing but its node has answered. */
const LIMIT_MS = 1000;

labTest("STATUS says whether an ADD could work, by what the node knows", {}, async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  const [node] = lab.nodes;
  assert(node);
  const sandbox = { node, pod: { namespace: "", name: "", uid: "" }, containerID: "", netns: "" };
  const emptyDir = `${lab.dir}/empty`;
  await Deno.mkdir(emptyDir);
  const took: number[] = [];
  for (const disorder of disorders(emptyDir)) {
    await t.step(disorder.what, async () => void took.push(await tryDisorder({ danm, node, sandbox }, disorder)));
  }
  await t.step("an API server that hangs is not asked", async () => {
    await using proxy = await startFaultProxy(lab);
    await proxy.faults.push({ kind: "hang" }, {});
    const kubeconfig = await proxy.kubeconfig(danm.user(node));
    took.push(await tryDisorder({ danm, node, sandbox }, { what: "a partition", options: { kubeconfig, conf: V1_1 } }));
    assertEquals(await proxy.requests(), []);
  });
  toStderr(`${took.length} STATUS calls, ${Math.max(...took).toFixed(0)} ms at most`);
});

/** @returns how long the answer took, in milliseconds */
async function tryDisorder(
  { danm, node, sandbox }: { danm: DanmLab; node: Node; sandbox: TestSandbox },
  { breaks = "", mends = "", options, says }: Disorder,
): Promise<number> {
  await node.run(["sh", "-e", "-c", breaks]);
  let tookMs = Infinity;
  // What waits for something always takes long, on a busy machine some call may.
  for (let tries = 0; tries < 3 && tookMs >= LIMIT_MS; tries++) {
    const began = performance.now();
    const { code, document, stderr } = await danm.call(sandbox, "STATUS", { conf: V1_1, ...options });
    tookMs = performance.now() - began;
    const error = document as { code: number; msg: string } | undefined;
    if (!says) assertEquals([code, error], [0, undefined], stderr);
    else assertEquals([error?.code, says[1].test(error?.msg ?? "")], [says[0], true], `${error?.code}: ${error?.msg}`);
  }
  await node.run(["sh", "-e", "-c", mends]);
  assert(tookMs < LIMIT_MS, `${tookMs} ms`);
  return tookMs;
}
