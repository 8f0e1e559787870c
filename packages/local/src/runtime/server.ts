import { existsSync } from "node:fs";
import { join } from "node:path";
import { createApi } from "@tidewatch/functions/api/create-api";
import type { LogEntry } from "@tidewatch/functions/api/ports";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { guardHost } from "../http/host-guard.ts";
import { listen } from "../http/listen.ts";
import { staticSite } from "../http/static-site.ts";
import { kinesisEndpoint } from "../kinesis/endpoint.ts";
import { recordingRoute } from "../recording/route.ts";
import type { RecordingRun } from "../recording/run.ts";
import { type Pipeline, STREAM_NAME } from "./pipeline.ts";

/** Where the built page lies in a checkout. */
const WEB_DIRECTORY = join(import.meta.dirname, "../../../web/dist");

/** The Kinesis endpoint knows no keys of ours: where keys are required it is for this machine only. */
const LOOPBACK = "127.0.0.1";

export type ServerOptions = {
  version: string;
  host: string;
  port: number;
  kinesisPort: number;
  /** Shown by the page when there is one. */
  recording?: RecordingRun | undefined;
  /** Whether the API asks for keys. Default: not. */
  requireKeys?: boolean;
  log: (entry: LogEntry) => void;
};

/**
 * Puts the pipeline on two ports: the HTTP API with the page, and the Kinesis endpoint.
 * @throws AppError UNAVAILABLE when one of them is taken
 */
export const startServer = async (pipeline: Pipeline, options: ServerOptions) => {
  const { stream, table, blobs, reader, train, examine, datasets, orderBacktest } = pipeline;
  const { version, host, log, requireKeys = false } = options;
  const app = createApi({
    version,
    stream,
    table,
    blobs,
    runtime: onnxRuntime(),
    train,
    examine,
    datasets,
    orderBacktest,
    clock: Date.now,
    log,
    requireKeys,
    consumers: pipeline.consumers,
  });
  if (options.recording) recordingRoute(app, options.recording);
  app.use(staticSite(WEB_DIRECTORY));
  const http = await listen({ fetch: guardHost(app.fetch, host) }, options.port, host);
  const onFault = (error: unknown) => log({ level: "error", message: "Kinesis endpoint", error: String(error) });
  const kinesis = kinesisEndpoint({ stream, reader, streamName: STREAM_NAME, now: Date.now, onFault });
  try {
    const { url } = await kinesis.listen(options.kinesisPort, requireKeys ? LOOPBACK : host);
    return {
      url: http.url,
      hasPage: existsSync(join(WEB_DIRECTORY, "index.html")),
      kinesisUrl: url,
      close: async (): Promise<void> => {
        await Promise.all([http.close(), kinesis.close()]);
      },
    };
  } catch (error) {
    await http.close();
    throw error;
  }
};
