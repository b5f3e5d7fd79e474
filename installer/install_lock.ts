/**
 * Does something as the only installer of the node: while one Pod ends, the next may have started.
 *
 * @throws {Error} when another one is at work
 */
export async function withInstallLock<T>(installDir: string, work: () => Promise<T>): Promise<T> {
  await Deno.mkdir(installDir, { recursive: true, mode: 0o755 });
  const file = await Deno.open(`${installDir}/lock`, { create: true, write: true, mode: 0o600 });
  using _held = file;
  if (!file.tryLockSync(true)) throw new Error("another installer is at work on this node");
  return await work();
}
