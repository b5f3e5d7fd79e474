/** One `deno test` of `deno task test`. */
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
  /** Whether it needs root, the lab's executables and the built `dist/`. */
  readonly lab: boolean;
}

/** Tests of the labs and of other tools of the tests need what the labs need, so they run with the tests that do. */
const WITH_LAB = ["tests/integration", "tests/node", "tests/cluster", "tests/support"];

const LOOPBACK = "--allow-net=127.0.0.1,localhost,[::1]";

/** The suites in the order in which they run: what fails fast comes first. */
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
    lab: true,
  },
  {
    name: "node",
    against: "a real control plane and real kernels",
    paths: ["tests/node"],
    ignore: [],
    permissions: ["--allow-all"],
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
