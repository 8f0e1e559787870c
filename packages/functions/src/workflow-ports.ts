import { datasetQueryOf } from "@tidewatch/core/dataset/query";
import type { TrainPorts } from "@tidewatch/core/train/run";
import { comparisonOf } from "@tidewatch/core/train/workflow/comparison";
import type { WorkflowPorts } from "@tidewatch/core/train/workflow/step";
import packageJson from "../package.json" with { type: "json" };
import { archiveDatasets } from "./dataset/datasets.ts";

/** Between two looks at a challenger in shadow, or at a promoted model. */
const POLL_SECONDS = 30;

/** What the steps of a retraining need, over any stores. @param runner see `WorkflowPorts` */
export const workflowPorts = (
  ports: TrainPorts,
  { runner, pollSeconds = POLL_SECONDS }: { runner: string; pollSeconds?: number | undefined },
): WorkflowPorts => ({
  ...ports,
  datasets: archiveDatasets(ports),
  datasetQuery: (detector, { kind }) => {
    // What does not end is what the next model has to learn.
    const keepOpenIncidents = kind === "drift" || kind === "incident";
    return datasetQueryOf(ports, detector, ports.clock(), { keepOpenIncidents });
  },
  comparison: comparisonOf(ports),
  ...{ codeVersion: packageJson.version, runner, pollSeconds },
});
