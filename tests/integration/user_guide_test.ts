import { assert, assertEquals } from "@std/assert";
import { parseAllDocuments } from "yaml";
import { IpamSection, parseIpamConf } from "../../danm_ipam/ipam_conf.ts";
import { CNI_VERSIONS } from "../../shared/cni/cni_version.ts";
import { ErrorCode } from "../../shared/errors.ts";
import { findAnnotation } from "../../shared/schema/annotations.ts";
import { parse } from "../../shared/schema/describe_issues.ts";
import { type InterfaceRequest, parseInterfacesAnnotation } from "../../shared/schema/interfaces_annotation.ts";
import { NetConf } from "../../shared/schema/netconf.ts";
import { ROOT } from "../../tasks/support/root.ts";
import { DanmLab } from "../support/danm_lab.ts";
import { startLab } from "../support/lab/lab.ts";

interface KubeObject {
  readonly kind: string;
  /** Of a NetworkAttachmentDefinition. */
  readonly spec?: { readonly config?: string };
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

const GUIDE = await Deno.readTextFile(`${ROOT}/docs/user_guide.md`);
const EXAMPLES = [...Deno.readDirSync(`${ROOT}/examples`)].map(({ name }) => `${ROOT}/examples/${name}`).sort();

/** The texts of the fenced blocks of a language. */
function blocks(language: string): string[] {
  return [...GUIDE.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, text]) => text ?? "");
}

function objectsOf(yaml: string): KubeObject[] {
  return parseAllDocuments(yaml).map((document) => document.toJS() as KubeObject);
}

function keyOf({ kind, metadata }: KubeObject): string {
  return [kind, metadata.namespace ?? "", metadata.name].join("/");
}

function requestsOf(pods: readonly KubeObject[]): InterfaceRequest[] {
  return pods.filter(({ kind }) => kind === "Pod").flatMap(({ metadata }) =>
    parseInterfacesAnnotation(findAnnotation(metadata.annotations, "interfaces")?.value ?? "")
  );
}

/** NetworkAttachmentDefinitions are of others; of ours is what is in them. */
const isForeign = (text: string): boolean =>
  objectsOf(text).every(({ kind }) => kind === "NetworkAttachmentDefinition");
const ownBlocks = blocks("yaml").filter((text) => !isForeign(text));
const guideObjects = ownBlocks.flatMap(objectsOf);
const exampleObjects = (await Promise.all(EXAMPLES.map((path) => Deno.readTextFile(path)))).flatMap(objectsOf);

Deno.test("a real API server takes what guide and examples say, word by word", async (t) => {
  await using lab = await startLab({ nodes: 0 });
  await DanmLab.install(lab);
  assert(guideObjects.length >= 8, "the guide has YAML blocks");
  const apply = (...args: string[]): string[] => ["apply", "--validate=strict", "-f", ...args];
  for (const [index, stdin] of ownBlocks.entries()) {
    const what = objectsOf(stdin).map(keyOf).join(", ");
    await t.step(`block ${index + 1} of the guide: ${what}`, async () => {
      await lab.kubectl(apply("-"), { stdin });
    });
  }
  for (const path of EXAMPLES) {
    await t.step(`example ${path.slice(ROOT.length + 1)}`, async () => {
      const said = await lab.kubectl(apply(path));
      assertEquals(said.trim().split("\n").length, objectsOf(await Deno.readTextFile(path)).length, said);
    });
  }
});

Deno.test("objects that guide and examples share are the same in both", () => {
  const examples = new Map(exampleObjects.map((object) => [keyOf(object), object]));
  const shared = guideObjects.filter((object) => examples.has(keyOf(object)));
  assert(shared.length >= 6, "most objects of the guide are examples");
  for (const object of shared) assertEquals(object, examples.get(keyOf(object)), keyOf(object));
});

Deno.test("the networks that Pods of guide and examples ask for are among them", () => {
  for (const objects of [guideObjects, exampleObjects]) {
    const known = new Set(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
    const asked = requestsOf(objects);
    assert(asked.length > 0);
    assertEquals(asked.filter(({ kind, name }) => !known.has(`${kind} ${name}`)), []);
  }
});

Deno.test("the JSON of the guide is annotations and configurations that DANM reads", () => {
  const kinds = blocks("json").map((text) => {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) {
      assertEquals(parseInterfacesAnnotation(text).length, value.length);
      return "annotation";
    }
    if (typeof value === "object" && value !== null && "ipam" in value) {
      checkIpamConf(text);
      return "configuration with danm-ipam";
    }
    const conf = parse(NetConf, value, "configuration of the guide");
    assertEquals(Object.keys(value as object).filter((key) => !(key in conf)), [], "keys that DANM does not know");
    assert(CNI_VERSIONS.some((version) => version === conf.cniVersion));
    return "configuration";
  });
  assertEquals([...new Set(kinds)].sort(), ["annotation", "configuration", "configuration with danm-ipam"]);
});

function checkIpamConf(text: string): void {
  const conf = JSON.parse(text);
  assert(CNI_VERSIONS.some((version) => version === conf.cniVersion));
  const { networkKind, networkName } = parseIpamConf(conf);
  assert(
    guideObjects.some(({ kind, metadata: { name } }) => kind === networkKind && name === networkName),
    networkName,
  );
}

Deno.test("the NetworkAttachmentDefinitions of the guide with danm-ipam have configurations that it reads", () => {
  const configs = blocks("yaml").filter(isForeign).flatMap(objectsOf).map(({ spec }) => spec?.config ?? "");
  const own = configs.filter((config) => JSON.parse(config).ipam.type === "danm-ipam");
  assert(own.length > 0 && own.length < configs.length);
  own.forEach(checkIpamConf);
});

Deno.test("the guide's table has every error code, and no other", () => {
  const [, table = ""] = /^## Errors$(.*?)^## /ms.exec(GUIDE) ?? [];
  const rows = [...table.matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code));
  const [, unused = ""] = /^Codes? (.*) (?:is|are) of the CNI specification and (?:is|are) not used yet/m.exec(table) ??
    [];
  const others = [...unused.matchAll(/\d+/g)].map(([code]) => Number(code));
  const ascending = (a: number, b: number): number => a - b;
  assertEquals([...rows, ...others].sort(ascending), Object.values(ErrorCode).sort(ascending));
});

Deno.test("the guide has every key of the configuration that is ours", () => {
  const injected = new Set(["capabilities", "runtimeConfig", "prevResult", "cni.dev/valid-attachments", "type"]);
  const own = Object.keys(NetConf.shape).filter((key) => !injected.has(key));
  assertEquals(own.filter((key) => !GUIDE.includes(`\`${key}\``)), []);
});

Deno.test("the guide's table of danm-ipam has every key of its section", () => {
  const [, table = ""] = /^\| key of `ipam`.*?\n(.*?)\n\n/ms.exec(GUIDE) ?? [];
  assertEquals(Object.keys(IpamSection.shape).filter((key) => !table.includes(`\`${key}\``)), []);
});

Deno.test("links within the guide lead somewhere", () => {
  const anchors = [...GUIDE.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
    title.toLowerCase().replace(/[^a-z0-9 -]/g, "").replaceAll(" ", "-")
  );
  const links = [...GUIDE.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor = ""]) => anchor);
  assert(links.length > 0);
  assertEquals(links.filter((link) => !anchors.includes(link)), []);
});
