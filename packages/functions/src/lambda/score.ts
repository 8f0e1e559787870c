import { keepFailed } from "@tidewatch/core/ingest/failed";
import { scorerCache } from "@tidewatch/core/register/scorer-cache";
import { detectorLister } from "@tidewatch/core/store/detectors";
import { placeOf } from "../kinesis-event.ts";
import { onnxRuntime } from "../onnx-runtime.ts";
import { scoreHandler } from "../score-handler.ts";
import { MEMORY_AGES } from "./memory-ages.ts";
import { blobsPort, clock, tablePort } from "./ports.ts";
import { scoreMetrics, scoreProperties } from "./score-metrics.ts";
import { telemetryOf } from "./telemetry.ts";

const { log, count, observe } = telemetryOf("score");
const table = tablePort();
const blobs = blobsPort();

/** Scores the metric events of a batch. */
export const handler = observe(
  scoreHandler({
    table,
    detectors: detectorLister(table, clock, MEMORY_AGES.detectorsMaxAgeMs, (detector, { code }) =>
      log({ level: "error", message: "a detector cannot be read and is left out: put it again", detector, code }),
    ),
    scorerOf: scorerCache({ table, blobs, runtime: onnxRuntime(), clock }, { maxAgeMs: MEMORY_AGES.modelsMaxAgeMs }),
    onFailed: (failed) => keepFailed(blobs, "score", failed),
    onReport(report, records) {
      const properties = { ...placeOf(records, clock()), ...scoreProperties(report) };
      count("scored a batch", scoreMetrics(report), properties);
    },
  }),
);
