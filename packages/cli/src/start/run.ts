import { resolve } from "node:path";
import { listKeys } from "@tidewatch/core/access/store";
import { totalCounts } from "@tidewatch/core/store/counts";
import { listDetectors, seriesIdsOf } from "@tidewatch/core/store/detectors";
import { allSeries } from "@tidewatch/core/store/read-series";
import type { LogEntry } from "@tidewatch/functions/api/ports";
import { readRecording } from "@tidewatch/local/recording/recording";
import { type RecordingRun, recordingRun } from "@tidewatch/local/recording/run";
import { type Pipeline, startPipeline } from "@tidewatch/local/runtime/pipeline";
import { startServer } from "@tidewatch/local/runtime/server";
import packageJson from "../../package.json" with { type: "json" };
import { onInterrupt } from "../interrupt.ts";
import { progress, thousands } from "../output/progress.ts";
import { addressesText, evaluationText, feedText, type Totals, totalsText } from "./summary.ts";
import { watchThisHost } from "./this-host.ts";

export type StartOptions = {
  directory: string;
  port: number;
  kinesisPort: number;
  host: string;
  consumers: number;
  interval: number;
  once?: boolean;
  recording: boolean;
  collect: boolean;
  requireKeys?: true;
  verbose?: boolean;
};

/** 128 + SIGINT: what a shell says of a command that Ctrl-C ended before its work was done. */
const INTERRUPTED = 130;

/** `tidewatch start`: opens the pipeline, feeds the recording, watches this machine, until it is stopped. */
export const runStart = async (options: StartOptions): Promise<void> => {
  const stop = onInterrupt();
  const log = logger(options.verbose === true);
  const { directory, consumers } = options;
  const pipeline = await startPipeline({ directory, consumers, log });
  try {
    const recording = options.recording ? recordingRun(pipeline, await readRecording()) : undefined;
    const { host, port, kinesisPort } = options;
    const server = await startServer(pipeline, {
      version: packageJson.version,
      host,
      port,
      kinesisPort,
      recording,
      log,
      requireKeys: options.requireKeys === true,
    });
    try {
      console.log(`Tidewatch ${packageJson.version} runs, with its data in ${resolve(directory)}.`);
      console.log(addressesText(server));
      if (options.requireKeys) await sayHowToGetIn(pipeline, directory);
      if (recording) await feed(recording, stop.signal);
      if (!options.once) await keepRunning(pipeline, options, stop.signal);
      else if (stop.signal.aborted) process.exitCode = INTERRUPTED;
      else await pipeline.drained();
      await summarise(pipeline, recording);
    } finally {
      await server.close();
    }
  } finally {
    await pipeline.close();
  }
};

const sayHowToGetIn = async ({ table }: Pipeline, directory: string): Promise<void> => {
  const [first] = await listKeys(table, { after: "", limit: 1 });
  if (first) return console.log("Every request needs an API key; the page asks for one.");
  const command = `tidewatch keys create --name me --scope admin --directory ${directory}`;
  console.log(`Every request needs an API key, and there is none yet. Make the first one: ${command}`);
};

const feed = async (recording: RecordingRun, signal: AbortSignal): Promise<void> => {
  const bar = progress();
  const report = await recording.feed(
    (done, total) => bar.update(() => `Feeding the recording: ${thousands(done)} of ${thousands(total)} events`),
    signal,
  );
  bar.clear();
  if (report.isInterrupted) return console.log("Interrupted: the next start goes on from here.");
  console.log(feedText(report));
  const evaluation = await recording.evaluation();
  if (evaluation) console.log(evaluationText(evaluation));
};

const keepRunning = async (pipeline: Pipeline, options: StartOptions, signal: AbortSignal): Promise<void> => {
  if (signal.aborted) return;
  console.log(totalsText(await totals(pipeline)));
  console.log(options.collect ? "Watching this machine too. Ctrl-C stops." : "Waiting for events. Ctrl-C stops.");
  const stopped = new Promise<void>((end) => signal.addEventListener("abort", () => end()));
  const onFailure = (error: unknown) => console.error(`A sample of this machine was lost: ${String(error)}`);
  if (options.collect) {
    const { interval: intervalSeconds, directory: path } = options;
    await watchThisHost(pipeline, { intervalSeconds, path, signal, onFailure });
  }
  await stopped;
  console.log("Stopping: batches under way are finished first.");
};

const summarise = async (pipeline: Pipeline, recording: RecordingRun | undefined): Promise<void> => {
  console.log(`\nSummary`);
  console.log(totalsText(await totals(pipeline)));
  const evaluation = await recording?.evaluation();
  if (evaluation) console.log(evaluationText(evaluation));
};

const totals = async ({ table }: Pipeline): Promise<Totals> => {
  const { received = 0, archived = 0, quarantined = 0 } = await totalCounts(table, "archive");
  const sum = { scoredRows: 0, warmingUpRows: 0, anomalies: 0 };
  for (const id of seriesIdsOf(await listDetectors(table))) {
    for await (const { head } of allSeries(table, id)) {
      sum.scoredRows += head.counts.scored;
      sum.warmingUpRows += head.counts.warmingUp;
      sum.anomalies += head.counts.anomalies;
    }
  }
  return { received, archived, quarantined, ...sum };
};

/** Faults always; requests and other news only when asked for. */
const logger = (isVerbose: boolean) => (entry: LogEntry) => {
  if (entry.level === "info" && !isVerbose) return;
  const { failure, ...told } = entry;
  const why = failure instanceof Error ? { error: failure.stack ?? failure.message } : {};
  console.error(JSON.stringify({ time: new Date().toISOString(), ...told, ...why }));
};
