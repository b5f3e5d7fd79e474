import { assertEquals, assertRejects } from "@std/assert";
import { createLogger } from "../../shared/log.ts";
import { Authority } from "../../tests/support/lab/certificates.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { keepCertificateFiles, loadCertificateFiles } from "./certificate_files.ts";

Deno.test("certificate files are followed; while they do not fit together, what is served stays", async () => {
  const dir = await Deno.makeTempDir();
  const [certFile, keyFile] = [`${dir}/tls.crt`, `${dir}/tls.key`];
  const authority = await Authority.create("lab");
  const [first, second] = await Promise.all(
    ["a", "b"].map((commonName) => authority.issue({ commonName, hosts: ["h"] })),
  );
  if (!first || !second) throw new Error("two were made");
  const [served, lines]: [string[], string[]] = [[], []];
  const stop = new AbortController();
  try {
    await write(certFile, first.cert);
    await write(keyFile, first.key);
    const running = keepCertificateFiles({
      certFile,
      keyFile,
      pollMs: 5,
      log: createLogger((line) => void lines.push(line)),
      use: ({ cert }) => Promise.resolve(void served.push(cert)),
      signal: stop.signal,
    });
    await waitFor("the first certificate", () => served.length === 1);
    await write(certFile, second.cert);
    await waitFor("a complaint", () => lines.some((line) => line.includes("is not the key of")));
    await write(keyFile, second.key);
    await waitFor("the second certificate", () => served.length === 2);
    stop.abort();
    await running;
    assertEquals(served, [first.cert, second.cert]);
    assertEquals(lines.filter((line) => line.includes("is not the key of")).length, 1);
    assertEquals(lines.filter((line) => line.includes("PRIVATE KEY")), []);
  } finally {
    stop.abort();
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("certificate files that cannot be used are refused by name", async (t) => {
  const dir = await Deno.makeTempDir();
  const files = { certFile: `${dir}/tls.crt`, keyFile: `${dir}/tls.key` };
  const authority = await Authority.create("lab");
  const [one, other] = [await authority.issue({ commonName: "a" }), await authority.issue({ commonName: "b" })];
  const cases: readonly (readonly [string, string, string, string])[] = [
    ["another key", one.cert, other.key, `${files.keyFile} is not the key of ${files.certFile}`],
    ["no certificate", "garbage", one.key, `${files.certFile}: no certificate as PEM`],
    ["no key", one.cert, "garbage", `${files.keyFile}: no private key as PEM`],
    ["both the other way round", one.key, one.cert, `${files.certFile}: no certificate as PEM`],
  ];
  try {
    for (const [what, cert, key, expect] of cases) {
      await t.step(what, async () => {
        await write(files.certFile, cert);
        await write(files.keyFile, key);
        const { message } = await assertRejects(() => loadCertificateFiles(files), Error);
        assertEquals(message, expect);
      });
    }
    await t.step("no file", async () => {
      await assertRejects(() => loadCertificateFiles({ ...files, keyFile: `${dir}/none` }), Error, `${dir}/none`);
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

/** In one go, as a volume of a Secret is updated. */
async function write(file: string, text: string): Promise<void> {
  await Deno.writeTextFile(`${file}.new`, text);
  await Deno.rename(`${file}.new`, file);
}
