import { isEnded, presentStep } from "@tidewatch/core/train/workflow/workflow";
import { cpuMs } from "../cpu-time.ts";
import { onnxRuntime } from "../onnx-runtime.ts";
import { LOOK_SECONDS } from "../retrain-machine.ts";
import { retrainStepHandler } from "../retrain-step-handler.ts";
import { growInPieces } from "../tree-pieces.ts";
import { workflowPorts } from "../workflow-ports.ts";
import { blobsPort, clock, tablePort } from "./ports.ts";
import { telemetryOf } from "./telemetry.ts";

const { count, observe } = telemetryOf("retrain");
const ports = { table: tablePort(), blobs: blobsPort(), clock, runtime: onnxRuntime(), cpuMs };

/** Called by the state machine: takes a retraining one step on. */
export const handler = observe(
  retrainStepHandler({
    portsOf: (runner, onTrees) =>
      workflowPorts(
        { ...ports, threads: { growTrees: growInPieces(ports.blobs, onTrees) } },
        { runner, pollSeconds: LOOK_SECONDS },
      ),
    onReport(run) {
      const { id, detector, state, outcome } = run;
      const step = presentStep(run);
      const ended = isEnded(run) ? outcome?.kind : undefined;
      const values = {
        Promoted: ended === "promoted" ? 1 : 0,
        Rejected: ended === "rejected" ? 1 : 0,
        RolledBack: ended === "rolled-back" ? 1 : 0,
        Failed: ended === "failed" ? 1 : 0,
      };
      const told = { detector, run: id, state, step: step?.name, attempts: step?.attempts, outcome };
      count("took a retraining one step on", values, told);
    },
  }),
);
