import type { Denial, Verdict } from "../verdict.ts";
import type { Finding } from "./finding.ts";

/** What API servers and clients surely pass on of a warning, in characters. */
const WARNING_LENGTH = 120;
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

/** The warnings of all findings, fatal ones first; what is too much is counted only. */
export function renderWarnings(findings: readonly Finding[]): string[] {
  const ordered = [...findings.filter(({ fatal }) => fatal), ...findings.filter(({ fatal }) => !fatal)];
  return fitWarnings(ordered.map(({ annotation, path, reason }) => `${annotation}${path}: ${reason}`));
}

/** Warnings of a length and number that users get to see; each one once, and on one line. */
export function fitWarnings(texts: readonly string[]): string[] {
  const fitting = [...new Set(texts.map(fitWarning))];
  const more = fitting.length - MOST_WARNINGS;
  return more > 0 ? [...fitting.slice(0, MOST_WARNINGS), `and ${more} more warnings of DANM`] : fitting;
}

function fitWarning(text: string): string {
  // A header's value: API servers drop warnings with control characters.
  const characters = [...text.replace(/\p{Cc}+/gu, " ").trim()];
  return characters.length > WARNING_LENGTH
    ? `${characters.slice(0, WARNING_LENGTH - 3).join("")}...`
    : characters.join("");
}

function denialOf({ annotation, path, reason }: Finding): Denial {
  return { field: `metadata.annotations[${annotation}]${path}`, reason };
}
