import { assert, assertEquals } from "@std/assert";
import { Settings } from "../../installer/settings.ts";
import { ROOT } from "../../tasks/support/root.ts";
import { DEPLOYMENT_GUIDE, deploymentGuideBlocks } from "../support/deployment_guide.ts";
import { DanmLab } from "../support/danm_lab.ts";
import { startLab } from "../support/lab/lab.ts";
import { run } from "../support/run.ts";
import { render } from "./manifests/rendered.ts";

const GUIDE = await Deno.readTextFile(DEPLOYMENT_GUIDE);

Deno.test("the deployment guide says what is there", async (t) => {
  await t.step("a shell reads its commands", async () => {
    const blocks = await deploymentGuideBlocks();
    assert(blocks.length >= 6);
    for (const { commands } of blocks) await run(["sh", "-n"], { stdin: commands });
  });
  await t.step("its settings are those of the installer and of the manifests", async () => {
    const [, table = ""] = /^## Settings\n(.*?)^## /ms.exec(GUIDE) ?? [];
    const told = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    const given = await settings();
    assertEquals(told, Object.keys(given));
    assertEquals(told.toSorted(), Object.keys(Settings.shape).sort());
    const defaults = [...table.matchAll(/^\| `(\w+)` .*\| +(?:`(.*)`)? +\|$/gm)].map((
      [, name, value],
    ) => [name, value ?? ""]);
    assertEquals(Object.fromEntries(defaults), given);
  });
  await t.step("its ports, images and folders are those of the manifests", async () => {
    const text = JSON.stringify(await render(`${ROOT}/k8s/overlays/production`));
    for (const name of GUIDE.match(/\b1029\d\b|danm\.local\/\w+:[\d.]+(?=`)/g) ?? []) assert(text.includes(name), name);
    for (const [, path = ""] of GUIDE.matchAll(/`?(k8s\/[\w/.]+)/g)) await Deno.stat(`${ROOT}/${path}`);
  });
  await t.step("its links lead somewhere", async () => {
    const links = [...GUIDE.matchAll(/\]\((\w+\.md)?(?:#([\w-]+))?\)/g)];
    assert(links.length > 15);
    for (const [link, file, anchor] of links) {
      const text = file === undefined ? GUIDE : await Deno.readTextFile(`${ROOT}/docs/${file}`);
      assert(anchor === undefined || anchors(text).includes(anchor), link);
    }
  });
  await t.step("an API server takes its objects, word by word", async () => {
    await using lab = await startLab({ nodes: 0 });
    await DanmLab.install(lab);
    const objects = (await deploymentGuideBlocks()).flatMap(({ commands }) =>
      [...commands.matchAll(/<<'EOF'\n(.*?)^EOF$/gms)].map(([, text = ""]) => text)
    );
    assert(objects.length >= 2);
    for (const stdin of objects) await lab.kubectl(["apply", "--validate=strict", "-f", "-"], { stdin });
  });
});

/** The settings as they are shipped. */
async function settings(): Promise<Record<string, string>> {
  const lines = (await Deno.readTextFile(`${ROOT}/k8s/base/installer/settings.env`)).trim().split("\n");
  return Object.fromEntries(
    lines.filter((line) => !line.startsWith("#")).map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

/** What headings of a text are called in links. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading.toLowerCase().replaceAll(/[^\w\s-]/g, "").replaceAll(" ", "-")
  );
}
