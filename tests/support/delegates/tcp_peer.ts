/**
 * One end of a TCP connection, to be run in a network namespace. `serve ADDRESS PORT` answers each connection with the
 * number of bytes that came over it; `send ADDRESS PORT BYTES` sends so many and prints that answer, and how long it all
 * took in milliseconds, as JSON.
 */
const [role, hostname = "", port = "", bytes = ""] = Deno.args;

if (role === "serve") await serve();
else await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(await send(Number(bytes)))));

async function serve(): Promise<void> {
  for await (const connection of Deno.listen({ hostname, port: Number(port) })) {
    let received = 0;
    const buffer = new Uint8Array(65_536);
    for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) {
      received += count;
    }
    await connection.write(new TextEncoder().encode(String(received)));
    connection.close();
  }
}

async function send(total: number): Promise<{ received: number; ms: number }> {
  const startMs = performance.now();
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const chunk = new Uint8Array(16_384);
  for (let left = total; left > 0;) left -= await connection.write(chunk.subarray(0, Math.min(left, chunk.length)));
  await connection.closeWrite();
  const buffer = new Uint8Array(64);
  const count = await connection.read(buffer) ?? 0;
  const received = Number(new TextDecoder().decode(buffer.subarray(0, count)));
  return { received, ms: performance.now() - startMs };
}
