import type { Denial, Verdict } from "../verdict.ts";
import type { Finding } from "./finding.ts";

/** Most warnings of one answer. */
const MOST_WARNINGS = 5;
/** Most denials of one answer: a list of interfaces can have very many wrong ones. */
const MOST_DENIALS = 10;

/** The verdict on an object of findings in its annotations: what is fatal is denied, of the rest it is warned. */
export function renderVerdict(findings: readonly Finding[]): Verdict {
  const fatal = findings.filter((finding) => finding.fatal);
  const more = fatal.length - MOST_DENIALS;
  const denials = fatal.slice(0, MOST_DENIALS).map(denialOf);
  if (more > 0) denials.push({ field: "metadata.annotations", reason: `${more} more fields are wrong` });
  return { denials, warnings: renderWarnings(findings.filter((finding) => !finding.fatal)) };
}

/** The warnings of all findings, fatal ones first and each once; what is too much is counted only. */
export function renderWarnings(findings: readonly Finding[]): string[] {
  const ordered = [...findings.filter(({ fatal }) => fatal), ...findings.filter(({ fatal }) => !fatal)];
  const texts = [...new Set(ordered.map(({ annotation, path, reason }) => `${annotation}${path}: ${reason}`))];
  const more = texts.length - MOST_WARNINGS;
  return more > 0 ? [...texts.slice(0, MOST_WARNINGS), `and ${more} more warnings of DANM`] : texts;
}

function denialOf({ annotation, path, reason }: Finding): Denial {
  return { field: `metadata.annotations[${annotation}]${path}`, reason };
}
