/** Tests that are run together: by one `deno test`, or by one for each file. */
export interface Suite {
  readonly name: "unit" | "integration" | "node" | "cluster";
  /** What it tests against, for people. */
  readonly against: string;
  /** Files and folders, relative to the repository. */
  readonly paths: readonly string[];
  readonly ignore: readonly string[];
  readonly permissions: readonly string[];
  /** Takes long, and so runs only when it is named: CI has to end within half an hour. */
  readonly onlyNamed?: true;
  /**
   * Present where files run side by side, because each has a lab of its own: the files that take more than half a
   * minute of a quiet machine, longest first. They begin first, so that in the end no lane waits for one of them.
   */
  readonly longest?: readonly string[];
  /** Whether it needs root, the lab's executables and the built `dist/`. */
  readonly lab: boolean;
}

/** Tests of the labs and of other tools of the tests need what the labs need, so they run with the tests that do. */
const WITH_LAB = ["tests/integration", "tests/node", "tests/cluster", "tests/support"];

const LOOPBACK = "--allow-net=127.0.0.1,localhost,[::1]";

/** The suites in the order in which they begin: what fails fast comes first. */
export const SUITES: readonly Suite[] = [
  {
    name: "unit",
    against: "the code alone, without root",
    paths: ["."],
    ignore: [...WITH_LAB, "dist"],
    permissions: ["--allow-read", "--allow-write", "--allow-env", "--allow-run", "--allow-sys", LOOPBACK],
    lab: false,
  },
  {
    name: "integration",
    against: "a real control plane",
    paths: ["tests/integration", "tests/support"],
    ignore: [],
    permissions: ["--allow-all"],
    longest: below("tests/integration", [
      "webhook/rotation",
      "webhook/network",
      "webhook/server",
      "webhook/tenant_table",
      "ipam_faults",
      "manifests",
      "webhook/tenant_reservation",
      "lab",
      "installer",
      "admission_policies",
    ]),
    lab: true,
  },
  {
    name: "node",
    against: "a real control plane and real kernels",
    paths: ["tests/node"],
    ignore: [],
    permissions: ["--allow-all"],
    longest: below("tests/node", [
      "host_walk",
      "kill_steps",
      "api_faults",
      "check_faults",
      "concurrency",
      "nad_api_faults",
      "nad_kill_steps",
      "cri",
      "attach_storm",
      "bad_input",
      "danm_ipam_faults",
      "nad",
      "attach",
      "fuzz",
      "gc",
      "delegate_faults",
    ]),
    lab: true,
  },
  {
    name: "cluster",
    against: "clusters whose kubelets run Pods",
    paths: ["tests/cluster"],
    ignore: [],
    permissions: ["--allow-all"],
    onlyNamed: true,
    lab: true,
  },
];

function below(folder: string, names: readonly string[]): string[] {
  return names.map((name) => `${folder}/${name}_test.ts`);
}
