import { AppError } from "../errors.ts";
import { shortHash } from "../feature/hash.ts";
import type { Plan } from "../feature/plan.ts";
import type { Scorer } from "../model/scorer.ts";
import type { SeriesWork } from "./route.ts";
import type { ScorePorts, ScoreReport } from "./run.ts";

type Unusable = Pick<ScoreReport, "unusableModels">;

/**
 * The model of each plan of the batch. One that was made for other features does not fit the rows: the series warms up until
 * there is a new one. So it does when the model cannot be read: `CORRUPT`, `NOT_FOUND`, or whatever a document of it throws
 * that does not parse.
 *
 * Series in a canary get a plan of their own, and with it a model: whatever follows takes rows of one plan together, so that
 * none is scored by two models.
 */
export const liveScorers = async (
  { scorerOf }: ScorePorts,
  works: readonly SeriesWork[],
  report: Unusable,
): Promise<Map<Plan, Scorer>> => {
  const scorers = new Map<Plan, Scorer>();
  for (const plan of new Set(works.map((work) => work.plan))) {
    if (plan.online) continue;
    const scorer = await scorerOf(plan.id).catch((error: unknown) => {
      if (error instanceof AppError && error.code !== "CORRUPT" && error.code !== "NOT_FOUND") throw error;
      report.unusableModels.push({ detector: plan.id, reason: messageOf(error) });
      return undefined;
    });
    const champion = fitting(scorer, plan);
    if (champion) scorers.set(plan, champion);
    const share = plan.detector.retraining.canaryShare;
    if (share > 0) await startCanary({ scorerOf, works, report, scorers, plan, champion, share });
  }
  return scorers;
};

const fitting = (scorer: Scorer | undefined, { featureHash }: Plan): Scorer | undefined =>
  scorer?.manifest.featureHash === featureHash ? scorer : undefined;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

type Canary = {
  scorerOf: ScorePorts["scorerOf"];
  works: readonly SeriesWork[];
  report: Unusable;
  scorers: Map<Plan, Scorer>;
  plan: Plan;
  champion: Scorer | undefined;
  share: number;
};

/** A challenger that cannot be had leaves its series to the champion, whatever the reason. */
const startCanary = async ({ scorerOf, works, report, scorers, plan, champion, share }: Canary): Promise<void> => {
  const found = await scorerOf(plan.id, "challenger").catch((error: unknown) => {
    report.unusableModels.push({ detector: plan.id, reason: `challenger: ${messageOf(error)}` });
    return undefined;
  });
  const challenger = fitting(found, plan);
  if (!challenger || challenger.manifest.version === champion?.manifest.version) return;
  const canary: Plan = { ...plan };
  scorers.set(canary, challenger);
  for (const work of works) if (work.plan === plan && isInCanary(plan.id, work.entity, share)) work.plan = canary;
};

/** 32 bits of a hash are spread evenly. */
const HASHES = 2 ** 32;
const HASH_DIGITS = 8;

/** Whether an entity is among the share that a challenger scores for real: always the same ones, whatever the version. */
export const isInCanary = (detectorId: string, entity: string, share: number): boolean =>
  Number.parseInt(shortHash(JSON.stringify([detectorId, entity])).slice(0, HASH_DIGITS), 16) < share * HASHES;
