import { logModelCache } from "@tidewatch/core/register/log-model-cache";
import { scorerCache } from "@tidewatch/core/register/scorer-cache";
import { getLogDetector, getMetricDetector } from "@tidewatch/core/store/detectors";
import { countLabelledRows } from "@tidewatch/core/train/labelled";
import type { ApiPorts } from "../ports.ts";
import { anomalySpan } from "./anomaly-span.ts";
import { anomalousOfDay } from "./log-anomalous.ts";
import { logWarmUp } from "./log-warm-up.ts";
import { timedMemo } from "./memo.ts";
import { summarise } from "./summary.ts";
import { summariseTemplates } from "./templates.ts";

/** What several readers ask for at once is read once: the page of every open browser asks every two seconds. */
const SUMMARY_MAX_AGE_MS = 1000;
const SPAN_MAX_AGE_MS = 5000;
/** To count labelled rows, or ended sessions, is to read them: of a detector that waits for some, not more often than this. */
const LABELLED_MAX_AGE_MS = 15_000;
/** How long a changed detector or model may go unnoticed by a prediction. */
const PREDICT_MAX_AGE_MS = 1000;

/** A list of templates is made of all of a log's: pages of it are read from one. */
const TEMPLATES_MAX_AGE_MS = 5000;

/** What the routes read through a short memory. */
export const resultsOf = (ports: ApiPorts) => {
  const { table, clock } = ports;
  const logModelOf = logModelCache(ports, { maxAgeMs: PREDICT_MAX_AGE_MS });
  return {
    summaryOf: timedMemo(clock, SUMMARY_MAX_AGE_MS, (id) => summarise(table, id)),
    anomalySpanOf: timedMemo(clock, SPAN_MAX_AGE_MS, (id) => anomalySpan(table, id)),
    labelledRowsOf: timedMemo(clock, LABELLED_MAX_AGE_MS, async (id) => {
      const stored = await getMetricDetector(table, id);
      return stored ? await countLabelledRows(ports, stored.detector) : { anomalous: 0, normal: 0 };
    }),
    detectorOf: timedMemo(clock, PREDICT_MAX_AGE_MS, (id) => getMetricDetector(table, id)),
    logModelOf,
    anomalousOfDayOf: timedMemo(clock, LABELLED_MAX_AGE_MS, (id) => anomalousOfDay(ports, id)),
    logWarmUpOf: timedMemo(clock, LABELLED_MAX_AGE_MS, async (id) => {
      const stored = await getLogDetector(table, id);
      return stored ? logWarmUp(ports, stored.detector) : null;
    }),
    templatesOf: timedMemo(clock, TEMPLATES_MAX_AGE_MS, async (id) =>
      summariseTemplates(table, id, await logModelOf(id)),
    ),
    scorerOf: scorerCache(ports, { maxAgeMs: PREDICT_MAX_AGE_MS }),
  };
};
export type Results = ReturnType<typeof resultsOf>;
