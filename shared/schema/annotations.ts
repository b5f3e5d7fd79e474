/** Prefixes of our annotations; an annotation that stands under both counts with the first. */
export const ANNOTATION_PREFIXES = ["danm.io/", "danm.k8s.io/"] as const;

/** Our annotations, without prefix. */
export type AnnotationKey = "interfaces" | "selector" | "network" | "tenantNetwork" | "clusterNetwork" | "host-device";

/** An annotation that was found, with the full name it stands under. */
export interface FoundAnnotation {
  readonly name: string;
  readonly value: string;
}

/**
 * Finds one of our annotations under the new prefix, else under the older one.
 *
 * @returns undefined when neither is there; an annotation with an empty value is there
 */
export function findAnnotation(
  annotations: Readonly<Record<string, string>> | null | undefined,
  key: AnnotationKey,
): FoundAnnotation | undefined {
  for (const prefix of ANNOTATION_PREFIXES) {
    const name = prefix + key;
    if (annotations && Object.hasOwn(annotations, name)) return { name, value: annotations[name] ?? "" };
  }
  return undefined;
}
