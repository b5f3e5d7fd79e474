import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { requestBody } from "./request_body.ts";

Deno.test("a small body is sent in one piece", () => {
  const body = requestBody({ a: "x".repeat(980) });
  assertInstanceOf(body, Uint8Array);
  assertEquals(new TextDecoder().decode(body), `{"a":"${"x".repeat(980)}"}`);
});

Deno.test("a larger body comes in pieces below the size that HTTP/2 writes separately", async (t) => {
  for (const size of [993, 1_992, 1_993, 100_000]) {
    await t.step(`${size} characters`, async () => {
      const value = { a: "x".repeat(size) };
      const body = requestBody(value);
      assertInstanceOf(body, ReadableStream);
      const pieces = await Array.fromAsync(body as ReadableStream<Uint8Array>);
      assert(pieces.every((piece) => piece.length > 0 && piece.length <= 1_000), "every piece has 1 to 1,000 bytes");
      assertEquals(await new Response(new Blob(pieces as Uint8Array<ArrayBuffer>[])).json(), value);
    });
  }
});
