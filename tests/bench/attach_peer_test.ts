import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { dirname, join } from "node:path";
import { type Peer, readPeers } from "./attach_peer.ts";
import { fillTemplate } from "./attach_peer_template.ts";

const CONF = '{"cniVersion": "1.0.0", "name": "net-{{index}}", "type": "other", "kubeconfig": "{{kubeconfig}}"}';

/** A directory that is right but for the files given; a text of undefined = without that file. */
async function read(files: Record<string, string | undefined> = {}, name = "Other"): Promise<Peer[]> {
  const dir = await Deno.makeTempDir({ prefix: "peer-" });
  try {
    for (const [file, text] of Object.entries({ other: "#!/bin/sh\n", "conf.json": CONF, ...files })) {
      if (text === undefined) continue;
      await Deno.mkdir(dirname(join(dir, file)), { recursive: true });
      await Deno.writeTextFile(join(dir, file), text, { mode: file === "plain" ? 0o644 : 0o755 });
    }
    return await readPeers([`${name}=${dir}`]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a peer's directory is read: configuration, annotations, objects in the order of their names", async () => {
  const [plain] = await read();
  assertEquals([plain?.name, plain?.counts, plain?.objects], ["Other", [1, 3, 8], []]);
  const [peer] = await read({
    "annotations.json": '{"1": {"a": "x"}, "3": {"a": "x,y,z"}}',
    "objects/2-networks.yaml": "master: {{master}}",
    "objects/1-crds.json": "{}",
  });
  assertEquals([peer?.counts, peer?.objects.map(({ file }) => file)], [[1, 3], [
    "objects/1-crds.json",
    "objects/2-networks.yaml",
  ]]);
});

Deno.test("what is wrong with a peer's directory is told with the file's name", async (t) => {
  const cases: { name: string; files: Record<string, string | undefined>; says: string }[] = [
    { name: "no configuration", files: { "conf.json": undefined }, says: "has no conf.json" },
    { name: "no JSON", files: { "conf.json": "{" }, says: "conf.json: " },
    { name: "no type", files: { "conf.json": '{"cniVersion": "1.0.0", "name": "a"}' }, says: "conf.json: type: " },
    {
      name: "a type that is a path",
      files: { "conf.json": CONF.replace("other", "../other") },
      says: "conf.json: type: must be the name of an executable",
    },
    {
      name: "no such executable",
      files: { other: undefined },
      says: 'conf.json: type is "other", but ',
    },
    {
      name: "a file that is not executable",
      files: { "conf.json": CONF.replace("other", "plain"), plain: "" },
      says: "has no executable of that name",
    },
    {
      name: "an unknown placeholder",
      files: { "conf.json": CONF.replace("{{kubeconfig}}", "{{kubeConfig}}") },
      says: "conf.json: {{kubeConfig}} stands for nothing there; these do: kubeconfig, master, node, directory, index",
    },
    {
      name: "the number of an interface where there is none",
      files: { "objects/a.json": '"{{index}}"' },
      says: "objects/a.json: {{index}} stands for nothing there; these do: kubeconfig, master, node, directory",
    },
    {
      name: "annotations for one interface only",
      files: { "annotations.json": '{"1": {"a": "x"}}' },
      says: "annotations.json: has nothing for 3 interfaces",
    },
    {
      name: "annotations of no number",
      files: { "annotations.json": '{"one": {"a": "x"}}' },
      says: "annotations.json: ",
    },
    {
      name: "an annotation that is no text",
      files: { "annotations.json": '{"1": {"a": []}, "3": {"a": "x"}}' },
      says: "annotations.json: [1].a: Invalid input: expected string",
    },
    { name: "an object of another sort", files: { "objects/README": "" }, says: "objects/README: must be .json" },
  ];
  for (const { name, files, says } of cases) {
    await t.step(name, async () => {
      const { message } = await assertRejects(() => read(files), Error);
      assertStringIncludes(message, "--peer=Other=");
      assertStringIncludes(message, says);
    });
  }
});

Deno.test("the option itself: a name and a directory, each name once", async (t) => {
  const cases: [string[], string][] = [
    [["/some/where"], "must be NAME=DIR"],
    [["a|b=/some/where"], "must be NAME=DIR"],
    [["Other="], "must be NAME=DIR"],
    [["danm=/some/where"], "danm is measured already"],
    [["Other=/no/such/place"], "/no/such/place"],
    [["Other=/var/lib"], "a node has a /var/lib/ of its own"],
  ];
  for (const [given, says] of cases) {
    await t.step(given.join(" "), async () => {
      assertStringIncludes((await assertRejects(() => readPeers(given), Error)).message, says);
    });
  }
});

Deno.test("what takes the place of a placeholder stays within its quotes", () => {
  const values = { kubeconfig: 'a"b\\', master: "m", node: "n", directory: "/d" };
  assertEquals(JSON.parse(fillTemplate({ file: "x", text: '["{{kubeconfig}}-{{node}}"]' }, values)), ['a"b\\-n']);
});
