import { fitRandomForest, RANDOM_FOREST_PARAMS } from "../../model/random-forest/fit.ts";
import { type GrowTrees, growHere } from "../../model/random-forest/grow.ts";
import { anomalyProbability } from "../../model/random-forest/score.ts";
import type { TreeEnsemble } from "../../model/trees/ensemble.ts";
import { fitNovelty, type Novelty, noveltyOf } from "./novelty.ts";
import type { TemplateCounts } from "./signature.ts";
import { countVectors, vocabularyOf } from "./vectors.ts";

/**
 * A random forest on count vectors, the templates that are its columns, and what else the training sessions had in
 * common. The last column is all other templates. `threshold` is the share of the trees' votes from which on a session
 * is anomalous, above 0 and below 1.
 */
export type LabelledSessionModel = Novelty & {
  vocabulary: string[];
  forest: TreeEnsemble;
  importance: Float64Array;
  threshold: number;
};

/** Half of the votes, unless labels that the forest did not learn from say better. */
const HALF = 0.5;

/**
 * Learns from labelled sessions, 1 is anomalous. Each split sees all columns and leaves may hold one session: what
 * tells may be one line of one template in a few sessions. Labels weigh as often as they come. Throws `VALIDATION` if
 * all labels are the same.
 */
export const fitLabelledSessions = async (
  sessions: readonly TemplateCounts[],
  labels: Uint8Array,
  seed: number,
  grow: GrowTrees = growHere,
): Promise<LabelledSessionModel> => {
  const vocabulary = vocabularyOf(sessions);
  const columns = vocabulary.length + 1;
  const rows = { values: countVectors(sessions, vocabulary), labels, columns, count: sessions.length };
  const params = {
    ...RANDOM_FOREST_PARAMS,
    featuresPerSplit: columns,
    minLeafRows: 1,
    classWeights: "none" as const,
    seed,
  };
  const { forest, impurityImportance } = await fitRandomForest(rows, params, grow);
  return { vocabulary, forest, importance: impurityImportance, threshold: HALF, ...fitNovelty(sessions, labels) };
};

/**
 * How anomalous each session is, 0 to 1, and from .5 on it is: the share of the trees' votes, stretched so that the
 * threshold comes to .5. What no tree can have learnt of makes .5 at least.
 */
export const sessionProbabilities = (
  model: LabelledSessionModel,
  sessions: readonly TemplateCounts[],
): Float64Array => {
  const isNovel = noveltyOf(model, model.vocabulary);
  const values = countVectors(sessions, model.vocabulary);
  const votes = anomalyProbability(model.forest, values, sessions.length);
  return votes.map((share, row) => {
    const score = stretched(share, model.threshold);
    return isNovel(sessions[row]!) ? Math.max(score, HALF) : score;
  });
};

const stretched = (share: number, threshold: number): number =>
  share < threshold ? (HALF * share) / threshold : HALF + (HALF * (share - threshold)) / (1 - threshold);
