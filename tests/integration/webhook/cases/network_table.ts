import { BITMAP_CASES } from "./network_bitmaps.ts";
import type { NetworkCase } from "./network_case.ts";
import { IN_USE_CASES } from "./network_in_use.ts";
import { LINK_CASES } from "./network_links.ts";
import { OTHER_NETWORK_CASES } from "./network_others.ts";
import { POOL_CASES } from "./network_pools.ts";
import { STATIC_CASES } from "./network_static.ts";

/** Everything that is answered to requests about networks: one list, for the judges in process and for API servers. */
export const NETWORK_TABLE: readonly NetworkCase[] = [
  ...STATIC_CASES,
  ...POOL_CASES,
  ...BITMAP_CASES,
  ...IN_USE_CASES,
  ...LINK_CASES,
  ...OTHER_NETWORK_CASES,
];
