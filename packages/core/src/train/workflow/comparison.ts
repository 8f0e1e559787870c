import { rescorer } from "../../backtest/rescore.ts";
import type { Detector } from "../../detector.ts";
import { loadScorer } from "../../model/scorer.ts";
import { type ComparedSeries, comparedSeries, type GateEvidence, modelCost } from "../../promote/evidence.ts";
import { decide } from "../../promote/gate.ts";
import { shadowProgress, startShadow } from "../../promote/shadow.ts";
import { shadowEvidence } from "../../promote/shadow-evidence.ts";
import { watchPromotion } from "../../promote/watch.ts";
import { aliasOf } from "../../register/aliases.ts";
import { loadModel } from "../../register/models.ts";
import { listLabels } from "../../store/labels.ts";
import { allSeries, readPoints } from "../../store/read-series.ts";
import type { TrainPorts } from "../run.ts";
import { getCandidate } from "./candidate-log.ts";
import { detectionOf } from "./detection.ts";
import type { Comparison } from "./step.ts";
import type { WorkflowRun, WorkflowTrigger } from "./workflow.ts";

/** Shadow, gate and watch as they are. */
export const comparisonOf = (ports: TrainPorts): Comparison => ({
  startShadow: (run, nowMs, cause) =>
    startShadow(ports, run.detector, run.version!, nowMs, cause, run.revisions!.challenger),
  shadowProgress: (detector, version) => shadowProgress(ports, detector, version),
  decide: async (detector, run) => {
    const hasShadow = detector.retraining.shadowHours > 0;
    const regime = regimeOf(run.trigger);
    const evidence = hasShadow
      ? await shadowEvidence(ports, detector, run.version!, regime)
      : await heldOutEvidence(ports, detector, run, regime);
    return decide({ ...evidence, detection: await detectionOf(ports, run) });
  },
  watchPromotion: (detector, version) => watchPromotion(ports, detector, version, ports.clock()),
});

const regimeOf = ({ kind, sinceMs }: WorkflowTrigger): GateEvidence["regime"] => {
  if (sinceMs === undefined) return undefined;
  const what = kind === "incident" ? "an incident that did not end" : "a drift that was confirmed";
  return { sinceMs, reason: `${what}, since ${new Date(sinceMs).toISOString()}` };
};

/**
 * What the best candidate makes of the rows that it has not learnt from, beside the champion: for a detector that wants no
 * shadow. Its model is the version's, fitted to the older rows only.
 */
const heldOutEvidence = async (
  ports: TrainPorts,
  detector: Detector,
  run: WorkflowRun,
  regime: GateEvidence["regime"],
): Promise<GateEvidence> => {
  const champion = await aliasOf(ports, detector.id, "champion");
  const model =
    (await getCandidate(ports, run.candidateRuns[0]!)) ?? (await loadModel(ports, detector.id, run.version!));
  const challenger = await loadScorer(ports.runtime, model.manifest, model.onnx);
  const live = champion && (await loadModel(ports, detector.id, champion.version));
  const rival = live && (await loadScorer(ports.runtime, live.manifest, live.onnx));
  const fromMs = model.manifest.trainingToMs + 1;
  const series: ComparedSeries[] = [];
  for await (const { entity } of allSeries(ports.table, detector.id)) {
    const points = await readPoints(ports.table, detector.id, entity, { fromMs });
    const theirs = rival && (await rescorer(detector, rival).take(points));
    const ours = await rescorer(detector, challenger).take(points);
    const compared = comparedSeries(entity, theirs, ours, detector.closeAfterRows);
    if (compared) series.push(compared);
  }
  return {
    ...{ source: "held-out", series, regime },
    champion: champion && (await modelCost(ports, detector.id, champion.version)),
    challenger: await modelCost(ports, detector.id, run.version!),
    labels: (await listLabels(ports.table, detector.id)).map(({ label }) => label),
  };
};
