import { Command } from "commander";
import type { Server } from "../http/client.ts";
import { onInterrupt } from "../interrupt.ts";
import { apiKeyOption, examples, jsonOption, urlOption } from "../options.ts";
import { workflowAdmin } from "../workflows/workflow-admin.ts";
import { progressText, workflowText } from "../workflows/workflow-text.ts";

export const retrainCommand = () =>
  new Command("retrain")
    .description("make a new model of what a detector has seen, compare it with the one in use, and promote it or not")
    .argument("<detector>", "the detector's id")
    .option("-w, --wait", "show its steps until it has ended, or waits for your approval")
    .addOption(urlOption())
    .addOption(apiKeyOption())
    .addOption(jsonOption())
    .action(retrain)
    .addHelpText(
      "after",
      `
A retraining goes through eight steps: snapshot (freezes the training set), fit (a few configurations), evaluate (on the newest
rows, which they have not learnt from), register, shadow (the new version scores beside the one in use), gate, promote, watch.
The server goes on with it whether you wait or not; a detector has one at a time, and while one is under way you get that one.
What happens by itself, and who has the last word, is the detector's \`retraining\`; see docs/retraining.md.

Exit code 1: it failed or was cancelled. A new model that was turned down is no failure.
${examples([
  ["Retrain a detector and watch", "tidewatch retrain web --wait"],
  ["What is under way", "tidewatch workflows list"],
  ["Why version 4 did not go live", "tidewatch workflows show web"],
])}`,
    );

type Options = Server & { wait?: true; json?: true };

const retrain = async (detector: string, { wait, json, ...server }: Options) => {
  const admin = workflowAdmin(server);
  const begun = await admin.start(detector);
  if (!wait) {
    if (json) return console.log(JSON.stringify(begun, null, 2));
    const next = `\`tidewatch workflows show ${detector}\` says how far it is.`;
    return console.log(`${detector}: retraining ${begun.id} is under way. ${next}`);
  }
  const show = (run: typeof begun) => json || console.error(progressText(run));
  const run = await admin.wait(begun, show, onInterrupt().signal);
  console.log(json ? JSON.stringify(run, null, 2) : workflowText(run));
  if (run.state === "failed" || run.state === "cancelled") process.exitCode = 1;
};
