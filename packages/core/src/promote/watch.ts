import { z } from "zod";
import type { Detector } from "../detector.ts";
import { AppError } from "../errors.ts";
import { loadScorer } from "../model/scorer.ts";
import { type Alias, aliasOf } from "../register/aliases.ts";
import { measureSpeed, type SpeedPorts } from "../register/limits.ts";
import { loadModel, type RegistryPorts } from "../register/models.ts";
import { watchKey } from "../store/keys.ts";
import type { Clock } from "../store/ports.ts";
import { modelCost } from "./evidence.ts";
import { rollBack } from "./roll-back.ts";
import { failedRecords, HeadCounts, headCounts, RowsBefore, rowsBefore } from "./watch-counts.ts";
import { type WatchRule, watchRules } from "./watch-rules.ts";

export type WatchPorts = RegistryPorts & SpeedPorts & { clock: Clock };

/**
 * `watching`: within its bands so far. `kept`: the watch is over. `rolled-back`: it left a band, the version before is in use
 * again. `replaced`: somebody moved the champion. `stuck`: it left a band, and there is nothing to go back to.
 */
export type WatchReport = {
  state: "watching" | "kept" | "rolled-back" | "replaced" | "stuck";
  /** 0 to 1. */
  progress: number;
  /** A sentence. */
  reason: string;
  rules: WatchRule[];
};

/** What the promotion is measured by, noted at the first look. */
const WatchDoc = z.strictObject({
  before: RowsBefore,
  counts: HeadCounts,
  failedBefore: z.int(),
  msPerRowBefore: z.number().nullable(),
});
type WatchDoc = z.output<typeof WatchDoc>;

const HOUR_MS = 3_600_000;
const KEPT_MS = 90 * 24 * HOUR_MS;
/** Who moves aliases here, in their history. */
const BY = "watch";

/**
 * Looks whether a promoted version keeps its bands, and rolls it back when it does not. Called again and again while the
 * watch lasts, each minute or so; at any time, and after a crash, it says how things stand.
 */
export const watchPromotion = async (
  ports: WatchPorts,
  detector: Detector,
  version: number,
  nowMs: number,
): Promise<WatchReport> => {
  const champion = await aliasOf(ports, detector.id, "champion");
  if (champion?.version !== version) return replaced(champion, version);
  const doc = await noted(ports, detector, champion, nowMs);
  const { rules, hours } = await look(ports, detector, champion, doc, nowMs);
  const { watchHours } = detector.retraining;
  const progress = hours >= watchHours ? 1 : hours / watchHours;
  const broken = rules.find(({ passed }) => !passed);
  if (broken) return await goBack(ports, detector.id, version, broken, { rules, progress });
  const reason = `version ${version} has kept its bands for ${hours.toFixed(1)} hours.`;
  return { state: progress < 1 ? "watching" : "kept", progress, reason, rules };
};

/** A watch that died after it had rolled back finds its own move. */
const replaced = (champion: Alias | undefined, version: number): WatchReport => {
  const isOurs = champion?.by === BY && champion.before === version;
  return {
    ...{ state: isOurs ? "rolled-back" : "replaced", progress: 1, rules: [] },
    reason: isOurs ? (champion.reason ?? "") : `version ${version} is not in use any more.`,
  };
};

const noted = async (ports: WatchPorts, detector: Detector, champion: Alias, nowMs: number): Promise<WatchDoc> => {
  const { version, sinceMs, before } = champion;
  const key = watchKey(detector.id, version, sinceMs);
  const [known] = await ports.table.getMany([key]);
  if (known) return WatchDoc.parse(JSON.parse(known.doc ?? "null"));
  const doc: WatchDoc = {
    before: await rowsBefore(ports.table, detector, version),
    counts: await headCounts(ports.table, detector.id),
    failedBefore: await failedRecords(ports.blobs, detector.id, {
      fromMs: sinceMs - detector.retraining.watchHours * HOUR_MS,
      toMs: sinceMs - HOUR_MS,
    }),
    msPerRowBefore: before ? await speedOf(ports, detector.id, before) : null,
  };
  const item = { ...key, version: 1, doc: JSON.stringify(doc), expiresAtMs: nowMs + KEPT_MS };
  await ports.table.putMany([{ item, condition: { kind: "absent" } }]);
  return doc;
};

/** `null` for a version that cannot be read any more: then there is nothing to compare with. */
const speedOf = async (ports: WatchPorts, name: string, version: number): Promise<number | null> => {
  try {
    return (await modelCost(ports, name, version)).msPerRow;
  } catch (error) {
    if (error instanceof AppError && (error.code === "CORRUPT" || error.code === "NOT_FOUND")) return null;
    throw error;
  }
};

const look = async (
  ports: WatchPorts,
  { id, retraining: { watchHours } }: Detector,
  { version, sinceMs }: Alias,
  doc: WatchDoc,
  nowMs: number,
) => {
  const counts = await headCounts(ports.table, id);
  // Events may be replayed faster than the clock goes, or come more slowly.
  const hours = Math.max(0, nowMs - sinceMs, counts.newestMs - doc.counts.newestMs) / HOUR_MS;
  const model = await usable(ports, id, version);
  const rules = watchRules({
    ...{ version, watchHours, hours, before: doc.before, failedBefore: doc.failedBefore, ...model },
    scored: counts.scored - doc.counts.scored,
    unscored: counts.warmingUp - doc.counts.warmingUp,
    anomalies: counts.anomalies - doc.counts.anomalies,
    failed: await failedRecords(ports.blobs, id, { fromMs: sinceMs, toMs: nowMs }),
    msPerRowBefore: doc.msPerRowBefore,
  });
  return { rules, hours };
};

/** Whether the model can be loaded, as scorers do it, and how long it takes. */
const usable = async (ports: WatchPorts, name: string, version: number) => {
  try {
    const { manifest, onnx } = await loadModel(ports, name, version);
    const loaded = await ports.runtime.load(onnx);
    await loadScorer({ load: async () => loaded }, manifest, onnx);
    return { unusable: undefined, msPerRow: await measureSpeed(loaded, ports.cpuMs) };
  } catch (error) {
    if (error instanceof AppError && (error.code === "CORRUPT" || error.code === "NOT_FOUND")) {
      return { unusable: error.message, msPerRow: null };
    }
    throw error;
  }
};

const goBack = async (
  ports: WatchPorts,
  name: string,
  version: number,
  { text }: WatchRule,
  { rules, progress }: Pick<WatchReport, "rules" | "progress">,
): Promise<WatchReport> => {
  const reason = `version ${version} was rolled back: ${text}.`;
  try {
    await rollBack(ports, name, version, { by: BY, reason, evidence: { rules } });
    return { state: "rolled-back", progress, reason, rules };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "CONFLICT") throw error;
    return { state: "stuck", progress, reason: `${text}; it stays in use: ${error.message}`, rules };
  }
};
