import { join } from "node:path";
import { run } from "../../tests/support/run.ts";

/**
 * How esbuild gets `require` into a bundle that holds a CommonJS package. Importing `node:module` costs 30 ms and
 * 10 MB at every start, even when the package itself is only loaded when it is needed.
 */
const EAGER_REQUIRE = /import\{createRequire as (\w+)\}\s*from\s*"node:module";var (\w+)=\1\(import\.meta\.url\);/;

/** What one bundling needs. */
export interface BundleRequest {
  /** Folder with the `deno.json` that resolves imports. */
  readonly root: string;
  /** The module to start from, relative to `root`. */
  readonly entry: string;
  /** Folder that gets `main.js` and the chunks that are only loaded when they are needed. */
  readonly outDir: string;
}

/** Declarations whose values are disposed of when their block ends. */
const USING = /\busing [A-Za-z_$][\w$]*\s*=(?!=)/g;

/**
 * Bundles and minifies a module with all that it imports; dynamic imports become chunks of their own.
 *
 * @throws {CommandFailed} with what `deno bundle` says
 * @throws {Error} when the bundle still loads `node:module` at every start, or does not dispose of something
 */
export async function bundle(request: BundleRequest): Promise<void> {
  await runBundler(request, ["--minify"]);
  await assertDisposes(request);
  for (const path of scriptsOf(request.outDir)) await deferLoading(path);
}

async function runBundler({ root, entry, outDir }: BundleRequest, options: readonly string[]): Promise<void> {
  const argv = [Deno.execPath(), "bundle", "--quiet", ...options, "--code-splitting", "--outdir", outDir, entry];
  await run(argv, { cwd: root, timeoutMs: 300_000 });
}

/**
 * Minifying puts a value that is used once, right after its `using`, in the place of its use, and forgets to dispose of
 * it: a lock is held, a connection stays open. What is not minified tells how many there have to be.
 */
async function assertDisposes(request: BundleRequest): Promise<void> {
  const plain = await Deno.makeTempDir({ prefix: "danm-bundle-" });
  try {
    await runBundler({ ...request, outDir: plain }, []);
    const [before, after] = [countUsing(plain), countUsing(request.outDir)];
    if (before === after) return;
    const advice = "name it with `const`, and then say `using _held = it`";
    throw new Error(
      `${request.entry}: minified, ${after} of ${before} \`using\` are left; where one is used once: ${advice}`,
    );
  } finally {
    await Deno.remove(plain, { recursive: true });
  }
}

function countUsing(dir: string): number {
  return scriptsOf(dir).reduce((sum, path) => sum + [...Deno.readTextFileSync(path).matchAll(USING)].length, 0);
}

function scriptsOf(dir: string): string[] {
  return Array.from(Deno.readDirSync(dir)).filter(({ isFile, name }) => isFile && name.endsWith(".js"))
    .map(({ name }) => join(dir, name));
}

/** The text of a bundle with `require` made when it is first called instead of at start. */
export function withLazyRequire(text: string): string {
  return text.replace(
    EAGER_REQUIRE,
    'var $2=e=>process.getBuiltinModule("node:module").createRequire(import.meta.url)(e);',
  );
}

/**
 * The text of a bundle whose dynamic imports Deno does not foresee. It reads and analyses every file that a literal
 * names at start, also those that are never imported: 1.4 MB for a client that only an exec plugin needs.
 */
export function withUnforeseenImports(text: string): string {
  return text.replace(/\bimport\("(\.\/[^"]+)"\)/g, 'import(import.meta.resolve("$1"))');
}

async function deferLoading(path: string): Promise<void> {
  const text = await Deno.readTextFile(path);
  const changed = withUnforeseenImports(withLazyRequire(text));
  if (changed.includes("__deno_internal_createRequire")) {
    throw new Error(`${path}: deno bundle writes \`require\` in another way than before; adapt EAGER_REQUIRE`);
  }
  if (changed !== text) await Deno.writeTextFile(path, changed);
}
