import * as z from "zod/mini";
import "../../shared/schema/locale.ts";
import { parse } from "../../shared/schema/describe_issues.ts";
import { isPathComponent } from "../../shared/schema/path_component.ts";

/** What placeholders stand for. */
export interface PeerValues {
  /** Path of a kubeconfig whose user may do everything. */
  readonly kubeconfig: string;
  /** The node's device that networks are on. */
  readonly master: string;
  /** Name of the node. */
  readonly node: string;
  /** The peer's directory, absolute. */
  readonly directory: string;
  /** Number of the interface, from 0; only where it is known. */
  readonly index?: string;
}

/** A file of a peer. */
export interface PeerTemplate {
  /** For messages: its path in the peer's directory. */
  readonly file: string;
  readonly text: string;
}

/** What a plugin's configuration must have. */
const PeerConf = z.looseObject({
  cniVersion: z.string(),
  name: z.string(),
  type: z.string().check(z.refine(isPathComponent, "must be the name of an executable")),
});

const PeerAnnotations = z.record(
  z.string().check(z.regex(/^[1-9]\d?$/, "must be a number of interfaces")),
  z.record(z.string(), z.string()),
);

/**
 * Puts values in the place of `{{name}}`, written as within a quoted text of JSON or YAML.
 *
 * @throws {Error} naming a placeholder that stands for nothing there, and those that do
 */
export function fillTemplate({ file, text }: PeerTemplate, values: PeerValues): string {
  const known = new Map(Object.entries(values));
  return text.replaceAll(/\{\{([^{}]*)\}\}/g, (placeholder, name: string) => {
    const value = known.get(name);
    if (value === undefined) {
      throw new Error(`${file}: ${placeholder} stands for nothing there; these do: ${[...known.keys()].join(", ")}`);
    }
    return JSON.stringify(value).slice(1, -1);
  });
}

/** A peer's configuration. @throws {Error} naming the file and what is wrong with it */
export function parsePeerConf(template: PeerTemplate, values: PeerValues): z.output<typeof PeerConf> {
  return parse(PeerConf, parseJson(template, values), template.file);
}

/** Annotations of Pods by number of interfaces. @throws {Error} naming the file and what is wrong with it */
export function parsePeerAnnotations(template: PeerTemplate, values: PeerValues): z.output<typeof PeerAnnotations> {
  return parse(PeerAnnotations, parseJson(template, values), template.file);
}

function parseJson(template: PeerTemplate, values: PeerValues): unknown {
  const text = fillTemplate(template, values);
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new Error(`${template.file}: ${cause.message}`, { cause });
  }
}
