import type { Api } from "@tidewatch/functions/api/http/env";
import { needs } from "@tidewatch/functions/api/http/route-access";
import type { RecordingRun } from "./run.ts";

const PATH = "/v1/recording";

/** What the page shows of the recorded data set; only a pipeline on one machine has it. */
export const recordingRoute = (app: Api, run: RecordingRun): void => {
  const { faults, busy } = run.recording;
  app.openAPIRegistry.registerPath({
    method: "get",
    path: PATH,
    operationId: "getRecording",
    ...needs("read"),
    tags: ["Results"],
    summary: "The recorded data set's labels and evaluation",
    description: "Labelled faults and busy spells; `summary` is `null` until all of it is scored.",
    responses: { 200: { description: "The labels and the evaluation." } },
  });
  app.get(PATH, async (context) =>
    context.json({ labels: { faults, busy }, summary: (await run.evaluation()) ?? null }),
  );
};
