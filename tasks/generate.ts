import { stringify } from "yaml";
import { type CrdFile, renderCrds } from "../shared/schema/crds.ts";

const HEADER = "# Generated from shared/schema by `deno task generate`. Do not edit.\n";

/** A generated file and what belongs into it. */
export interface GeneratedFile {
  readonly url: URL;
  readonly name: string;
  readonly text: string;
}

/** What `crds/` must contain. */
export function generatedFiles(): GeneratedFile[] {
  const crds = renderCrds();
  return [...crds.map(({ file, crd }) => generated(file, crd)), generated("Kustomization", kustomization(crds))];
}

function generated(file: string, content: Record<string, unknown>): GeneratedFile {
  return {
    url: new URL(`../crds/${file}`, import.meta.url),
    name: `crds/${file}`,
    text: HEADER + stringify(content, { lineWidth: 0, aliasDuplicateObjects: false }),
  };
}

/** Lets kustomizations of other folders refer to `crds/`; without `.yaml`, so that `kubectl apply -f crds/` leaves it out. */
function kustomization(crds: readonly CrdFile[]): Record<string, unknown> {
  const resources = crds.map(({ file }) => file).sort();
  return { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", resources };
}

/** Names of the files below `crds/` that are not what the schemas say: changed, missing, or left over. */
export async function findDrift(files: readonly GeneratedFile[]): Promise<string[]> {
  const drifted: string[] = [];
  for (const { url, name, text } of files) {
    if (await readIfThere(url) !== text) drifted.push(name);
  }
  for await (const entry of Deno.readDir(new URL("../crds/", import.meta.url))) {
    if (!files.some(({ name }) => name === `crds/${entry.name}`)) drifted.push(`crds/${entry.name}`);
  }
  return drifted.sort();
}

async function readIfThere(url: URL): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(url);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function main(): Promise<void> {
  const files = generatedFiles();
  await Deno.mkdir(new URL("../crds/", import.meta.url), { recursive: true });
  const drifted = await findDrift(files);
  if (Deno.args.includes("--check")) {
    if (drifted.length === 0) return await say("crds/ is what shared/schema says");
    await say(`${drifted.join(", ")}: not what shared/schema says; run \`deno task generate\` and commit the result`);
    Deno.exit(1);
  }
  for (const { url, name, text } of files.filter(({ name }) => drifted.includes(name))) {
    await Deno.writeTextFile(url, text);
    await say(`wrote ${name}`);
  }
  const left = drifted.filter((name) => !files.some((file) => file.name === name));
  for (const name of left) {
    await Deno.remove(new URL(`../${name}`, import.meta.url));
    await say(`removed ${name}`);
  }
  if (drifted.length === 0) await say("crds/ was up to date");
}

async function say(line: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${line}\n`));
}

if (import.meta.main) await main();
