import { keepFailed } from "@tidewatch/core/ingest/failed";
import { scorerCache } from "@tidewatch/core/register/scorer-cache";
import { detectorLister } from "@tidewatch/core/store/detectors";
import { placeOf } from "../kinesis-event.ts";
import { onnxRuntime } from "../onnx-runtime.ts";
import { scoreHandler } from "../score-handler.ts";
import { blobsPort, clock, tablePort } from "./ports.ts";
import { scoreMetrics, scoreProperties } from "./score-metrics.ts";
import { telemetryOf } from "./telemetry.ts";

/** A sandbox reads all detectors again after this time, which costs a read unit for each 4 KB of them. */
const DETECTORS_MAX_AGE_MS = 15_000;
/**
 * A promotion takes effect within half a minute, the batch that is under way included; the price is one small read per
 * detector and sandbox, two where a detector has a canary.
 */
const MODELS_MAX_AGE_MS = 20_000;

const { log, count, observe } = telemetryOf("score");
const table = tablePort();
const blobs = blobsPort();

/** Scores the metric events of a batch. */
export const handler = observe(
  scoreHandler({
    table,
    detectors: detectorLister(table, clock, DETECTORS_MAX_AGE_MS, (detector, { code }) =>
      log({ level: "error", message: "a detector cannot be read and is left out: put it again", detector, code }),
    ),
    scorerOf: scorerCache({ table, blobs, runtime: onnxRuntime(), clock }, { maxAgeMs: MODELS_MAX_AGE_MS }),
    onFailed: (failed) => keepFailed(blobs, "score", failed),
    onReport(report, records) {
      const properties = { ...placeOf(records, clock()), ...scoreProperties(report) };
      count("scored a batch", scoreMetrics(report), properties);
    },
  }),
);
