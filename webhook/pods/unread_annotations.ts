import { ANNOTATION_PREFIXES, type AnnotationKey } from "../../shared/schema/annotations.ts";
import type { Finding } from "./finding.ts";

/**
 * Annotations that look like ours and that nobody reads: misspelt ones, and those with the older prefix beside the
 * same with the newer one.
 *
 * @param read.keys what is read on that kind of object
 */
export function findUnread(
  annotations: Readonly<Record<string, string>>,
  read: { keys: readonly AnnotationKey[]; kind: string },
): Finding[] {
  const [newer, older] = ANNOTATION_PREFIXES;
  return Object.keys(annotations).flatMap((annotation) => {
    const prefix = ANNOTATION_PREFIXES.find((one) => annotation.startsWith(one));
    if (prefix === undefined) return [];
    const key = annotation.slice(prefix.length);
    const finding = (reason: string): Finding[] => [{ annotation, path: "", reason, fatal: false }];
    if (!read.keys.some((one) => one === key)) {
      return finding(`not read on a ${read.kind}, only ${read.keys.map((one) => newer + one).join(", ")}`);
    }
    const overruled = prefix === older && Object.hasOwn(annotations, newer + key);
    return overruled ? finding(`not read, as ${newer}${key} is there, too`) : [];
  });
}
