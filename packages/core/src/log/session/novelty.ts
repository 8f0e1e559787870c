import type { TemplateCounts } from "./signature.ts";

/** What no tree can have learnt of, because no training session, or no normal one, was like that. */
export type Novelty = {
  /** Templates that came in equal numbers in every training session, whatever its label. */
  together: string[][];
  /** Templates of anomalous training sessions that no normal one had. */
  onlyAnomalous: string[];
};

/** Sessions that must have had templates in equal numbers: fewer may by chance. On HDFS, 3 to 15 give the same. */
const MIN_TOGETHER = 10;

export const fitNovelty = (sessions: readonly TemplateCounts[], labels: Uint8Array): Novelty => {
  const normal = new Set<string>();
  const occurrences = new Map<string, string[]>();
  for (const [row, counts] of sessions.entries()) {
    for (const [id, count] of counts) {
      if (count === 0) continue;
      if (labels[row] === 0) normal.add(id);
      const rows = occurrences.get(id);
      if (rows) rows.push(`${row} ${count}`);
      else occurrences.set(id, [`${row} ${count}`]);
    }
  }
  const known = [...occurrences.keys()].sort();
  const frequent = known.filter((id) => occurrences.get(id)!.length >= MIN_TOGETHER);
  const groups = Map.groupBy(frequent, (id) => occurrences.get(id)!.join());
  return {
    together: [...groups.values()].filter((ids) => ids.length > 1),
    onlyAnomalous: known.filter((id) => !normal.has(id)),
  };
};

/** Says of a session whether it has what no normal training session had, or breaks what all of them kept. */
export const noveltyOf = (
  { together, onlyAnomalous }: Novelty,
  vocabulary: readonly string[],
): ((counts: TemplateCounts) => boolean) => {
  const odd = new Set(onlyAnomalous);
  const normal = new Set(vocabulary.filter((id) => !odd.has(id)));
  return (counts) => {
    for (const [id, count] of counts) if (count > 0 && !normal.has(id)) return true;
    return together.some(([first, ...others]) => {
      const usual = counts.get(first!) ?? 0;
      return others.some((id) => (counts.get(id) ?? 0) !== usual);
    });
  };
};
