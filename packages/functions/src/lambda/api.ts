import { AppError } from "@tidewatch/core/errors";
import type { ModelExaminer } from "@tidewatch/core/register/examine";
import { trainerOf } from "@tidewatch/core/train/run";
import packageJson from "../../package.json" with { type: "json" };
import { apiHandler } from "../api-handler.ts";
import { API_CALLS } from "../aws/call-limits.ts";
import { onnxRuntime } from "../onnx-runtime.ts";
import { apiLog } from "./api-log.ts";
import { blobsPort, clock, streamPort, tablePort } from "./ports.ts";
import { telemetryOf } from "./telemetry.ts";

const telemetry = telemetryOf("api");
/**
 * A foreign file is run only where it has no rights and no memory but its own. This function has the rights of the API, and
 * could take no more than 4 MB in any case.
 */
const notHere: ModelExaminer = async () => {
  throw new AppError(
    "CONFLICT",
    "This API runs as a function, which has no process of its own to try a foreign model in. Import it with `tidewatch models " +
      "import --table TABLE --bucket BUCKET`: your machine tries it.",
  );
};
const ports = { table: tablePort(API_CALLS), blobs: blobsPort(API_CALLS), clock };

/** The HTTP API behind API Gateway. It is reached from everywhere, so that it asks for keys. */
export const handler = telemetry.observe(
  apiHandler({
    version: packageJson.version,
    ...ports,
    stream: streamPort(API_CALLS),
    runtime: onnxRuntime(),
    train: trainerOf(ports),
    examine: notHere,
    log: apiLog(telemetry),
    requireKeys: true,
    consumers: () => [],
  }),
);
