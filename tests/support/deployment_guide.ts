import { ROOT } from "../../tasks/support/root.ts";

/** Path of the guide. */
export const DEPLOYMENT_GUIDE = `${ROOT}/docs/deployment_guide.md`;

/** A block of commands of the guide, to be run by `sh -eu` in the root of the repository. */
export interface GuideBlock {
  /** The heading that it stands under. */
  readonly section: string;
  readonly commands: string;
}

/** The blocks of the guide that say `sh`, in their order: together they install, use, upgrade and remove DANM. */
export async function deploymentGuideBlocks(): Promise<GuideBlock[]> {
  const text = await Deno.readTextFile(DEPLOYMENT_GUIDE);
  return text.split(/^## /m).slice(1).flatMap((chapter) => {
    const section = chapter.slice(0, chapter.indexOf("\n"));
    return [...chapter.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, commands = ""]) => ({ section, commands }));
  });
}
