import { binOf, type Difference, type SignatureParams, type TemplateCounts } from "./signature.ts";

/** A count of a template is rare if a smaller share of the training sessions had as many, by what they may hold. */
const RARE_SHARE: Record<SignatureParams["training"], number> = { normal: 0.001, unlabelled: 0.01 };

/** How many sessions had how many lines of each template, by bins of counts; `usual` is the most frequent count. */
export type TemplateRules = {
  sessions: number;
  rareShare: number;
  bins: ReadonlyMap<string, ReadonlyMap<number, number>>;
  usual: ReadonlyMap<string, number>;
};

export type RuleScore = { score: number; missing: Difference[]; extra: Difference[] };

/**
 * For logs whose sessions are too varied for signatures: each template for itself. Misses what only combinations tell;
 * on HDFS, trained on normal blocks, F1 .98 where signatures have .99.
 */
export const fitTemplateRules = (
  training: readonly TemplateCounts[],
  kind: SignatureParams["training"],
): TemplateRules => {
  const bins = new Map<string, Map<number, number>>();
  const usual = new Map<string, number>();
  for (const id of new Set(training.flatMap((counts) => [...counts.keys()]))) {
    const [byBin, byCount] = [new Map<number, number>(), new Map<number, number>()];
    for (const counts of training) {
      const count = counts.get(id) ?? 0;
      for (const [map, key] of [[byBin, binOf(count)] as const, [byCount, count] as const]) {
        map.set(key, (map.get(key) ?? 0) + 1);
      }
    }
    bins.set(id, byBin);
    const [most] = [...byCount].sort(([a, m], [b, n]) => n - m || a - b);
    usual.set(id, most![0]);
  }
  return { sessions: training.length, rareShare: RARE_SHARE[kind], bins, usual };
};

/**
 * By the rarest count of all templates, above 0 if it is rarer than allowed; `missing` and `extra` are all rare ones.
 */
export const scoreTemplateRules = (rules: TemplateRules, counts: TemplateCounts): RuleScore => {
  const { sessions, rareShare, bins, usual } = rules;
  const allowed = Math.log10(Math.max(rareShare * (sessions + 1), 1));
  let score = Number.NEGATIVE_INFINITY;
  const rare: Difference[] = [];
  for (const id of new Set([...bins.keys(), ...counts.keys()])) {
    const count = counts.get(id) ?? 0;
    const rarity = allowed - Math.log10((bins.get(id)?.get(binOf(count)) ?? 0) + 0.5);
    score = Math.max(score, rarity);
    if (rarity > 0) rare.push({ templateId: id, count: count - (usual.get(id) ?? 0) });
  }
  return {
    score,
    missing: rare.filter(({ count }) => count < 0).map(({ templateId, count }) => ({ templateId, count: -count })),
    extra: rare.filter(({ count }) => count > 0),
  };
};
