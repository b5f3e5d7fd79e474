/** What a plugin's process is connected to; `main.ts` passes the real ones. */
export interface PluginIo {
  /** May throw where the value is no text. */
  env(name: string): string | undefined;
  /** The whole of stdin, as bytes; of one longer than `maxBytes`, no more than tells so. */
  readStdin(maxBytes: number): Uint8Array;
  writeStdout(text: string): void;
}
