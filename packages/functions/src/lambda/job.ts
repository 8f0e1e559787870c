import { busEventOf } from "../aws/event-bridge-bus.ts";
import { jobHandler } from "../job-handler.ts";
import { onnxRuntime } from "../onnx-runtime.ts";
import { blobsPort, busPort, clock, tablePort } from "./ports.ts";
import { telemetryOf } from "./telemetry.ts";

/** The series that it is at then is done before the function's time is. */
const SPAN_MS = 600_000;

const { count, observe } = telemetryOf("job");
const run = jobHandler({
  ...{ table: tablePort(), blobs: blobsPort(), bus: busPort(), runtime: onnxRuntime(), clock, spanMs: SPAN_MS },
  onReport(job) {
    const values = { Done: job?.state === "done" ? 1 : 0, Failed: job?.state === "failed" ? 1 : 0 };
    count("did a job", values, { job: job?.id, state: job?.state, attempts: job?.attempts, ...job?.progress });
  },
});

/** Called by an event `job.ordered`. */
export const handler = observe((event: Parameters<typeof busEventOf>[0]) => run(busEventOf(event)));
