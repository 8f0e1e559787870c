import { AppError } from "../errors.ts";
import { driftCheckKey, driftStateKey } from "../store/keys.ts";
import type { Item, Put, Table } from "../store/ports.ts";
import { DriftCheck } from "./check.ts";
import { type DriftState, stateOf } from "./state.ts";

/** Checks are kept for so long after they were made. */
const KEPT_MS = 60 * 24 * 3_600_000;
const PAGE = 100;

export const checkPut = (check: DriftCheck, nowMs: number): Put => ({
  item: {
    ...driftCheckKey(check.detector, check.atMs),
    ...{ version: 1, doc: JSON.stringify(check), expiresAtMs: nowMs + KEPT_MS },
  },
  condition: { kind: "any" },
});

/** Checks of a detector, newest first. `beforeMs` goes on behind an earlier answer. */
export const listChecks = async (
  table: Table,
  detectorId: string,
  { beforeMs, limit }: { beforeMs?: number | undefined; limit: number },
): Promise<DriftCheck[]> => {
  const { pk, sk: to } = driftCheckKey(detectorId, (beforeMs ?? END_OF_TIME_MS) - 1);
  return (await table.query({ pk, to, order: "descending", limit })).map(checkOf);
};
const END_OF_TIME_MS = 1e15;

/** The check that was made at a time; `undefined` when there is none, or none any more. */
export const checkAt = async (table: Table, detectorId: string, atMs: number): Promise<DriftCheck | undefined> => {
  const [item] = await table.getMany([driftCheckKey(detectorId, atMs)]);
  return item && checkOf(item);
};

const checkOf = (item: Item): DriftCheck => {
  try {
    return DriftCheck.parse(JSON.parse(item.doc ?? "null"));
  } catch (error) {
    throw new AppError("CORRUPT", `the drift check ${item.pk} ${item.sk} cannot be read`, { cause: error });
  }
};

/** Detectors that checks remember, in the order of their ids, after `after`. */
export const checkedDetectors = async (
  table: Table,
  { after = "", limit }: { after?: string; limit: number },
): Promise<{ detector: string; item: Item }[]> => {
  const items = await table.query({ pk: driftStateKey("").pk, from: `${after}!`, limit });
  return items.map((item) => ({ detector: item.sk, item }));
};

/** `untilMs`: end of the last hour that was checked. All by event time. */
export type OpenDrift = { detector: string; modelVersion: number; sinceMs: number; untilMs: number };

/** Drift that was found and is not over: never by a provisional reference. */
export const driftedDetectors = async ({ table }: { table: Table }): Promise<OpenDrift[]> => {
  const open: OpenDrift[] = [];
  for await (const { detector, state } of openStates(table)) {
    const { modelVersion, openSinceMs, untilMs } = state.doc;
    open.push({ detector, modelVersion, sinceMs: openSinceMs!, untilMs });
  }
  return open;
};

/** States with a run of drift under way. One that cannot be read is left out: its detector's check says so. */
export async function* openStates(
  table: Table,
): AsyncGenerator<{ detector: string; state: DriftState; version: number }> {
  for (let after: string | undefined = ""; after !== undefined; ) {
    const page: { detector: string; item: Item }[] = await checkedDetectors(table, { after, limit: PAGE });
    for (const { detector, item } of page) {
      const state = readable(item);
      if (state && state.doc.openSinceMs !== null) yield { detector, state, version: item.version };
    }
    after = page.length === PAGE ? page.at(-1)!.detector : undefined;
  }
}

const readable = (item: Item): DriftState | undefined => {
  try {
    return stateOf(item);
  } catch {
    return undefined;
  }
};
