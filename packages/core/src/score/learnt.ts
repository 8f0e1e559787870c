import type { Plan } from "../feature/plan.ts";
import { RowState } from "../feature/rows.ts";
import type { OnlineVerdict } from "../model/family.ts";
import type { Head } from "../store/head.ts";
import { learntKey } from "../store/keys.ts";
import { NO_LINK, readChunk } from "../store/points.ts";
import type { Put, Table } from "../store/ports.ts";

/**
 * What a series learns by itself is too large to be written with every batch. It is written when a chunk is closed, and what
 * came since then is learnt again from the open chunk: the same rows, so the same state to the bit.
 */

/** A series that is silent for longer learns afresh; what is replaced by newer knowledge goes by itself, at no cost. */
export const LEARNT_KEPT_MS = 35 * 24 * 3_600_000;

export const learntPut = (plan: Plan, entity: string, chunkId: string, learnt: unknown, arrivalMs: number): Put => ({
  item: {
    ...learntKey(plan.id, entity, chunkId),
    version: 1,
    bytes: plan.online!.encode(learnt),
    expiresAtMs: arrivalMs + LEARNT_KEPT_MS,
  },
  condition: { kind: "any" },
});

export type LearningSeries = { plan: Plan; entity: string; head: Head };

/** What was kept of each series when its last chunk was closed; `undefined` where there is nothing. */
export const readLearnt = async (
  table: Table,
  series: readonly LearningSeries[],
): Promise<(Uint8Array | undefined)[]> => {
  const kept = series.filter(({ head }) => head.link !== NO_LINK);
  const items = await table.getMany(kept.map(({ plan, entity, head }) => learntKey(plan.id, entity, head.link)));
  const bytesOf = new Map(kept.map((one, at) => [one, items[at]?.bytes]));
  return series.map((one) => bytesOf.get(one));
};

/** What a series has learnt so far: what was kept, and the rows of the open chunk. Nothing for families that are not online. */
export const restoreLearnt = ({ plan, entity, head }: LearningSeries, kept: Uint8Array | undefined): unknown => {
  const family = plan.online;
  if (!family) return undefined;
  const features = plan.names.length;
  const what = `what ${plan.id} learnt of ${entity}`;
  const state = kept ? family.decode(kept, features, what) : family.fresh(features);
  if (head.chunk.length === 0) return state;
  const { points, threshold } = readChunk(head.chunk, `the open chunk of ${plan.id} of ${entity}`);
  const verdict = emptyVerdict(features);
  const row = new Float64Array(features);
  for (const { state: rowState, timestampMs, values } of points) {
    if (rowState !== RowState.scored && rowState !== RowState.warmingUp) continue;
    row.set(values);
    family.update(state, row, 0, { timestampMs, threshold }, verdict);
  }
  return state;
};

const emptyVerdict = (features: number): OnlineVerdict => ({
  score: 0,
  evidence: 0,
  expected: new Float64Array(features),
  lower: new Float64Array(features),
  upper: new Float64Array(features),
  shares: new Float64Array(features),
});
