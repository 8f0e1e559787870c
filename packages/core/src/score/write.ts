import { seriesListKey } from "../store/keys.ts";
import type { ItemKey, Put, Table } from "../store/ports.ts";
import type { SeriesWork } from "./route.ts";
import type { ScoredSeries } from "./series.ts";

/** An item that expired at this time is gone. */
const LONG_AGO_MS = 1;

/**
 * Writes side items, then heads. `lost` are the series whose heads somebody else had written since they were read; their
 * side items are there nevertheless.
 */
export const writeSeries = async (
  table: Table,
  scored: readonly ScoredSeries[],
): Promise<{ won: ScoredSeries[]; lost: ScoredSeries[] }> => {
  const changed = scored.filter(({ applied }) => applied > 0);
  const sides = changed.flatMap((one) => (one.before ? one.sides : [listSeries(one), ...one.sides]));
  if (sides.length > 0) await table.putMany(sides);
  const outcomes = changed.length > 0 ? await table.putMany(changed.map(headPut)) : [];
  const lost = new Set(changed.filter((_, index) => outcomes[index] === "conflict"));
  return { won: scored.filter((one) => !lost.has(one)), lost: [...lost] };
};

const headPut = ({ work, before, head, bytes }: ScoredSeries): Put => ({
  item: { ...work.key, version: head.counts.events, bytes },
  condition: before ? { kind: "version", version: before.version } : { kind: "absent" },
});

const listSeries = ({ work }: ScoredSeries): Put => {
  const doc = JSON.stringify({ detector: work.plan.id, entity: work.entity });
  return { item: { ...seriesListKey(work.plan.id, work.entity), version: 1, doc }, condition: { kind: "any" } };
};

/** Side items of attempts that lost, per series, with the number of records that the attempt had applied. */
export type LostSides = Map<SeriesWork, { applied: number; sides: Put[] }[]>;

export const keepLost = (lost: LostSides, { work, applied, sides }: ScoredSeries): void => {
  if (sides.length === 0) return;
  lost.set(work, [...(lost.get(work) ?? []), { applied, sides }]);
};

/**
 * Removes what lost attempts of a series left behind, now that one has won, except what the winner wrote too. When the
 * winner found some of the records applied, by a second consumer of the same shard, the items may be that one's: they stay,
 * and the readers' check of the chunks' chain sorts out those that are not.
 */
export const removeLost = async (table: Table, lost: LostSides, won: readonly ScoredSeries[]): Promise<void> => {
  if (lost.size === 0) return;
  const gone = won.flatMap(({ work, applied, sides }) => {
    const kept = new Set(sides.map(({ item }) => keyText(item)));
    const attempts = (lost.get(work) ?? []).filter((attempt) => attempt.applied === applied);
    return attempts.flatMap((attempt) => attempt.sides.filter(({ item }) => !kept.has(keyText(item))));
  });
  for (const { work } of won) lost.delete(work);
  if (gone.length > 0) await table.putMany(gone.map(({ item }) => removal(item)));
};

const keyText = ({ pk, sk }: ItemKey): string => JSON.stringify([pk, sk]);
const removal = ({ pk, sk }: ItemKey): Put => ({
  item: { pk, sk, version: 1, expiresAtMs: LONG_AGO_MS },
  condition: { kind: "any" },
});
