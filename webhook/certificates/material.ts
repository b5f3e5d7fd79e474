/** What the Secret holds, as PEM. Never to be logged. */
export interface Material {
  /** `ca.crt`: authorities, the one that signs first. */
  readonly bundle: string;
  /** `ca.key`: the key of the first of them. */
  readonly authorityKey: string;
  /** `tls.crt`: what is served. */
  readonly cert: string;
  /** `tls.key`. */
  readonly key: string;
}

/** Keys of the Secret's data. */
const ENTRIES = { bundle: "ca.crt", authorityKey: "ca.key", cert: "tls.crt", key: "tls.key" } as const;

/** Reads `data` of a Secret; what is missing or not base64 is empty. */
export function decodeMaterial(data: Readonly<Record<string, unknown>> | null | undefined): Material {
  const read = (name: string): string => {
    const text = data?.[name];
    if (typeof text !== "string") return "";
    try {
      return atob(text);
    } catch {
      // It is as useless as if it were empty, and said to be so by whoever inspects it.
      return "";
    }
  };
  const { bundle, authorityKey, cert, key } = ENTRIES;
  return { bundle: read(bundle), authorityKey: read(authorityKey), cert: read(cert), key: read(key) };
}

/** Renders `data` of a Secret. */
export function encodeMaterial(material: Material): Record<string, string> {
  return {
    [ENTRIES.bundle]: btoa(material.bundle),
    [ENTRIES.authorityKey]: btoa(material.authorityKey),
    [ENTRIES.cert]: btoa(material.cert),
    [ENTRIES.key]: btoa(material.key),
  };
}
