import { trainerOf } from "@tidewatch/core/train/run";
import packageJson from "../../package.json" with { type: "json" };
import { apiHandler } from "../api-handler.ts";
import { API_CALLS } from "../aws/call-limits.ts";
import { cpuMs } from "../cpu-time.ts";
import { onnxRuntime } from "../onnx-runtime.ts";
import { apiLog } from "./api-log.ts";
import { noDatasets } from "./no-datasets.ts";
import { noExaminer } from "./no-examiner.ts";
import { backtestsByBus } from "./order-backtest.ts";
import { blobsPort, busPort, clock, streamPort, tablePort } from "./ports.ts";
import { telemetryOf } from "./telemetry.ts";

const telemetry = telemetryOf("api");
const ports = { table: tablePort(API_CALLS), blobs: blobsPort(API_CALLS), clock, runtime: onnxRuntime(), cpuMs };

/** The HTTP API behind API Gateway. It is reached from everywhere, so that it asks for keys. */
export const handler = telemetry.observe(
  apiHandler({
    version: packageJson.version,
    ...ports,
    stream: streamPort(API_CALLS),
    train: trainerOf(ports),
    examine: noExaminer,
    datasets: noDatasets,
    orderBacktest: backtestsByBus({ ...ports, bus: busPort(API_CALLS) }),
    log: apiLog(telemetry),
    requireKeys: true,
    consumers: () => [],
  }),
);
