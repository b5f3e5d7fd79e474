/** What is derived from the names of an attachment, so that every try of it comes to the same. */
export interface AttachmentIdentity {
  /** Link group that marks links as made for this attachment; never 0, the kernel's default. */
  readonly group: number;
  /** Locally administered unicast address, for links that need one of their own. */
  readonly mac: string;
  /** 16 hex digits that make the name of its DanmEp unique. */
  readonly suffix: string;
}

/** Derives the {@linkcode AttachmentIdentity} of an interface of a sandbox from a SHA-256 of both names. */
export async function identify(containerID: string, interfaceName: string): Promise<AttachmentIdentity> {
  const text = new TextEncoder().encode(`${containerID}/${interfaceName}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0"));
  // Small numbers are left to people, who use them for groups of their own.
  const group = 0x10000 + new DataView(digest.buffer).getUint32(8) % 0x7fff0000;
  const first = (((digest[12] ?? 0) & 0xfc) | 0x02).toString(16).padStart(2, "0");
  return { group, mac: [first, ...hex.slice(13, 18)].join(":"), suffix: hex.slice(0, 8).join("") };
}

/** Name of the DanmEp of an attachment: the Pod's name, for people, and the suffix, for being the only one. */
export function endpointName(podName: string, identity: AttachmentIdentity): string {
  const prefix = podName.slice(0, 230).replace(/[^a-z0-9]+$/, "");
  return `${prefix}-${identity.suffix}`;
}
