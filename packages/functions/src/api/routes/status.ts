import { createRoute } from "@hono/zod-openapi";
import { SCOPES } from "@tidewatch/core/access/scopes";
import type { Detector } from "@tidewatch/core/detector";
import type { LogDetector } from "@tidewatch/core/log/detector";
import { type LogModel, modelFor } from "@tidewatch/core/log/model";
import { rateDetectorOf } from "@tidewatch/core/log/rates";
import { familyOf } from "@tidewatch/core/model/families";
import type { Manifest } from "@tidewatch/core/model/manifest";
import { totalCounts } from "@tidewatch/core/store/counts";
import { listDetectors, partEntries } from "@tidewatch/core/store/detectors";

import type { z } from "zod";
import type { Api } from "../http/env.ts";
import { problemResponses } from "../http/problem.ts";
import { isGranted, needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { unlessDamaged } from "../results/log-warm-up.ts";
import type { Results } from "../results/results.ts";
import { detectorWarmUp } from "../results/warm-up.ts";
import { type DetectorStatus, type LogDetectorStatus, Status } from "../schemas/status.ts";

const route = createRoute({
  method: "get",
  path: "/v1/status",
  operationId: "getStatus",
  ...needs("read"),
  tags: ["Operations"],
  summary: "What came in and what became of it",
  description: "Counts that add up. Read while events flow, the parts may differ by a batch.",
  responses: {
    200: { description: "The status.", content: { "application/json": { schema: Status } } },
    ...problemResponses("VALIDATION"),
  },
});

export const statusRoutes = (app: Api, ports: ApiPorts, results: Results): void => {
  const { table, version, clock, consumers } = ports;
  app.openapi(route, async (c) => {
    const { metric, log, unreadable } = partEntries(await listDetectors(table));
    const [archive, score, lines, detectors, logDetectors] = await Promise.all([
      totalCounts(table, "archive"),
      totalCounts(table, "score"),
      totalCounts(table, "log"),
      Promise.all(metric.map((detector) => detectorStatus(results, detector))),
      Promise.all(log.map((detector) => logDetectorStatus(results, detector))),
    ]);
    const { received = 0, archived = 0, quarantined = 0 } = archive;
    const { invalid = 0, unmatched = 0, deliveries = 0, failed = 0 } = score;
    const key = c.get("key");
    const scopes = SCOPES.filter((scope) => !key || isGranted(key.scopes, scope));
    const status = {
      ...{ version, nowMs: clock(), scopes },
      archive: { received, archived, quarantined },
      score: { received: score.received ?? 0, invalid, unmatched, deliveries, failed },
      log: { ...NO_LINES, ...lines },
      ...{ detectors, logDetectors, unreadableDetectors: unreadable, consumers: consumers() },
    };
    return c.json(status, 200);
  });
};

const NO_LINES = { received: 0, invalid: 0, lines: 0, unmatched: 0, deliveries: 0, failed: 0 };

const modelStatus = ({ family, version, trainedAtMs, trainingRows }: Manifest) => ({
  ...{ family, version, trainedAtMs, trainingRows },
});

const logModelStatus = ({ version, trainedAtMs, trainingSessions }: LogModel) => ({
  ...{ version, trainedAtMs, trainingSessions },
});

const LEARNS = { trained: "by training", online: "row by row", imported: "elsewhere" } as const;

const logDetectorStatus = async (
  results: Results,
  detector: LogDetector,
): Promise<z.output<typeof LogDetectorStatus>> => {
  const { id, description, enabled } = detector;
  const rates = detector.rates ? await detectorStatus(results, rateDetectorOf(detector)) : null;
  // A damaged model judges nothing, nor does one of another definition; the next training replaces it.
  const live = modelFor(detector, await unlessDamaged(results.logModelOf(id)));
  const model = live ? logModelStatus(live) : null;
  const warmUp = live ? null : await results.logWarmUpOf(id);
  return { id, description, enabled, rates, model, warmUp, anomalousSessions: await results.anomalousOfDayOf(id) };
};

const detectorStatus = async (results: Results, detector: Detector): Promise<z.output<typeof DetectorStatus>> => {
  const { id, description, enabled } = detector;
  const [summary, scorer] = await Promise.all([results.summaryOf(id), results.scorerOf(id)]);
  const { series, counts } = summary;
  const { events, late, scored, warmingUp, skipped, imputed, anomalies, suppressed } = counts;
  const { kind } = familyOf(detector.model);
  const manifest = kind === "online" ? undefined : scorer?.manifest;
  return {
    ...{ id, description, enabled, series, events, late, anomalies, suppressed },
    ...{ family: detector.model.family, learns: LEARNS[kind] },
    rows: { scored, warmingUp, skipped, imputed },
    model: manifest ? modelStatus(manifest) : null,
    warmUp: await detectorWarmUp(detector, manifest, summary, results.labelledRowsOf),
  };
};
