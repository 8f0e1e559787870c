import type { ExperimentDocument, RunDocument, RunSummary } from "@tidewatch/functions/api/schemas/runs";
import { Command } from "commander";
import { httpClient, type Server } from "../http/client.ts";
import { apiKeyOption, count, examples, jsonOption, urlOption } from "../options.ts";
import { experimentTable, runTable, runText } from "../runs/run-text.ts";

type Json = { json?: true };
type ListOptions = Server & Json & { filter?: string; limit: number };

/** Runs of a page, the most that the server gives at once. */
const PAGE = 200;

export const runsCommand = () => {
  const command = new Command("runs").description(
    "see how models came to be: experiments, their runs, what these logged",
  );
  on(command.command("list"))
    .description("list the runs of an experiment, the latest first")
    .argument("<experiment>", "its name; what a retraining tries is in one of the detector's name")
    .option("-f, --filter <filter>", "only those with, say, \"metrics.f1 > 0.9 AND params.model LIKE 'var%'\"")
    .option("-n, --limit <runs>", "most runs", count, 50)
    .action(list);
  on(command.command("show"))
    .description("show a run: params, metrics, tags, datasets, artifacts")
    .argument("<run>", "its id, as `runs list` shows it")
    .action(show);
  on(command.command("experiments")).description("list the experiments").action(experiments);
  return command.addHelpText(
    "after",
    examples([
      ["Which experiments are there?", "tidewatch runs experiments"],
      ["The runs of the detector web", "tidewatch runs list web"],
      ["Those that did well", 'tidewatch runs list web --filter "metrics.f1 > 0.9"'],
      ["What one was made from and what came of it", "tidewatch runs show 5f0c954e7c0d4f0e9d5c0a3f3b1f6a3e"],
    ]),
  );
};

const on = (command: Command): Command =>
  command.addOption(urlOption()).addOption(apiKeyOption()).addOption(jsonOption());

const list = async (experiment: string, { filter, limit, json, ...server }: ListOptions): Promise<void> => {
  const client = httpClient(server);
  const runs: RunSummary[] = [];
  let cursor: string | null = null;
  do {
    const query: URLSearchParams = new URLSearchParams({
      ...{ experiment, limit: String(Math.min(PAGE, limit - runs.length)) },
      ...(filter !== undefined && { filter }),
      ...(cursor !== null && { cursor }),
    });
    const page = (await client.request("GET", `/v1/runs?${query}`)) as { items: RunSummary[]; cursor: string | null };
    runs.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== null && runs.length < limit);
  if (json) return console.log(JSON.stringify(runs, null, 2));
  if (runs.length > 0) return console.log(runTable(runs));
  console.log(filter === undefined ? `Experiment ${experiment} has no runs yet.` : "No run is like that.");
};

const show = async (id: string, { json, ...server }: Server & Json): Promise<void> => {
  const run = (await httpClient(server).request("GET", `/v1/runs/${encodeURIComponent(id)}`)) as RunDocument;
  console.log(json ? JSON.stringify(run, null, 2) : runText(run));
};

const experiments = async ({ json, ...server }: Server & Json): Promise<void> => {
  const { items } = (await httpClient(server).request("GET", "/v1/experiments")) as { items: ExperimentDocument[] };
  console.log(json ? JSON.stringify(items, null, 2) : experimentTable(items));
};
