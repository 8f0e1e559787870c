import { AppError } from "@tidewatch/core/errors";
import type { Workflow } from "@tidewatch/functions/api/schemas/workflows";
import { Command, InvalidArgumentError } from "commander";
import type { Server } from "../http/client.ts";
import { apiKeyOption, examples, jsonOption, urlOption } from "../options.ts";
import { type WorkflowAdmin, workflowAdmin } from "../workflows/workflow-admin.ts";
import { workflowTable, workflowText } from "../workflows/workflow-text.ts";

export const workflowsCommand = () => {
  const command = new Command("workflows").description("see retrainings, and approve, reject or cancel them");
  serverOf(command.command("list"))
    .description("list the retrainings that are under way; of one detector all of them, the newest first")
    .argument("[detector]", "the detector's id")
    .option("-l, --limit <number>", "most of them", limit, 20)
    .addOption(jsonOption())
    .action(list);
  serverOf(command.command("show"))
    .description("show the steps of a retraining, what the gate said, and its outcome")
    .argument("<detector>", "the detector's id")
    .argument("[run]", "its id; the newest one unless it is given")
    .addOption(jsonOption())
    .action(show);
  for (const [verb, description] of WISHES) {
    serverOf(command.command(verb))
      .description(description)
      .argument("<detector>", "the detector's id")
      .argument("[run]", "its id; the newest one unless it is given")
      .option("-r, --reason <text>", "why, for whoever reads its history")
      .addOption(jsonOption())
      .action((detector: string, run: string | undefined, options: WishOptions) => ask(verb, detector, run, options));
  }
  return command.addHelpText(
    "after",
    `
\`tidewatch retrain\` begins one by hand. A retraining waits for approval where the detector's \`retraining.promotion\` is
"approve", once its model has passed the gate.
${examples([
  ["What is under way", "tidewatch workflows list"],
  ["All of one detector", "tidewatch workflows list web"],
  ["Why the newest one came out as it did", "tidewatch workflows show web"],
  ["Let its model go live", "tidewatch workflows approve web"],
  ["Or not", 'tidewatch workflows reject web --reason "after the migration"'],
])}`,
  );
};

const WISHES = [
  ["approve", "let a model that passed the gate go live"],
  ["reject", "keep it from going live"],
  ["cancel", "end a retraining before its model is live"],
] as const;

const serverOf = (command: Command): Command => command.addOption(urlOption()).addOption(apiKeyOption());

/** Runs of one answer of the server. */
const MAX_LIMIT = 200;

const limit = (text: string): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1 && value <= MAX_LIMIT) return value;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_LIMIT}.`);
};

const list = async (
  detector: string | undefined,
  { json, limit: most, ...server }: Server & { json?: true; limit: number },
) => {
  const admin = workflowAdmin(server);
  const runs = await admin.list(detector, most);
  if (runs.length === 0 && detector !== undefined) await admin.checkDetector(detector);
  if (json) return console.log(JSON.stringify(runs, null, 2));
  if (runs.length > 0) return console.log(workflowTable(runs));
  const hint = "`tidewatch retrain ID` begins one.";
  console.log(
    detector === undefined ? `No retraining is under way; ${hint}` : `${detector} was never retrained; ${hint}`,
  );
};

const show = async (detector: string, run: string | undefined, { json, ...server }: Server & { json?: true }) => {
  const found = await runOf(workflowAdmin(server), detector, run);
  console.log(json ? JSON.stringify(found, null, 2) : workflowText(found));
};

type WishOptions = Server & { reason?: string; json?: true };

const ask = async (
  verb: (typeof WISHES)[number][0],
  detector: string,
  run: string | undefined,
  { reason, json, ...server }: WishOptions,
) => {
  const admin = workflowAdmin(server);
  const { id } = await runOf(admin, detector, run);
  const asked = await admin.ask(verb, detector, id, reason);
  console.log(json ? JSON.stringify(asked, null, 2) : workflowText(asked));
};

/** @throws AppError NOT_FOUND */
const runOf = async (admin: WorkflowAdmin, detector: string, run: string | undefined): Promise<Workflow> => {
  if (run !== undefined) return await admin.get(detector, run);
  const [newest] = await admin.list(detector, 1);
  if (newest) return newest;
  await admin.checkDetector(detector);
  throw new AppError("NOT_FOUND", `${detector} was never retrained; \`tidewatch retrain ${detector}\` does it.`);
};
