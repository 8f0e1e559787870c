import { AppError } from "@tidewatch/core/errors";
import { sessionProbabilities } from "@tidewatch/core/log/session/labelled";
import { templateCounts } from "@tidewatch/core/log/session/session";
import { type VerdictItem, verdictOf } from "@tidewatch/core/log/session/verdict";
import { UsageError } from "../failure.ts";
import { keepInputs } from "../output/inputs-kept.ts";
import { progress, thousands } from "../output/progress.ts";
import { rejections } from "../output/rejections.ts";
import { textFile } from "../output/text-file.ts";
import { readLabels } from "./labels.ts";
import { checkKnown, checkLabels, type Known, learn, modelFrom } from "./learn.ts";
import type { LogOptions } from "./log-events.ts";
import { modelPaths, readModelFolder } from "./model-folder.ts";
import { namesOf, readSessions, sessionReader } from "./sessions.ts";

export type LogScoreOptions = LogOptions & Known & { output: string; session: string; train?: string; model?: string };

/** `tidewatch logs score`: a row per session of the input, by what the sessions of the training log look like. */
export const runLogScore = async (options: LogScoreOptions): Promise<void> => {
  checkKnown(options);
  if (options.model !== undefined && [options.train, options.labels, options.normal].some((one) => one !== undefined)) {
    throw new UsageError("--model has learnt already: leave --train, --labels and --normal out.");
  }
  const modelFiles = options.model === undefined ? [] : modelPaths(options.model);
  keepInputs(options.output, [options.input, options.train, options.labels, ...modelFiles]);
  const line = progress();
  const say = (text: string) => {
    line.clear();
    console.error(text);
  };
  const skipped = rejections(undefined, say);
  const ready = options.model === undefined ? undefined : (await readModelFolder(options.model)).model;
  const reader = sessionReader(options.session, ready);
  const read = (input: string) => readSessions(reader, { ...options, input }, skipped.add, say);
  const labels = options.labels === undefined ? undefined : await readLabels(options.labels);
  const training = options.train === undefined ? undefined : await read(options.train);
  const sessions = await read(options.input);
  if (sessions.isEmpty) {
    throw new AppError("VALIDATION", `No line of ${options.input} matches ${options.session}: there are no sessions.`);
  }
  const source = training ?? sessions;
  if (labels) checkLabels(labels, source.all(), options.train ?? options.input, options.session);
  const isNormal = options.normal === true;
  const model = ready ?? modelFrom(await learn(reader, source.all(), labels, isNormal));
  training?.close();
  if (model.sessions.rules) {
    say("The sessions are too varied to be compared as wholes: each template is judged for itself.");
  }
  const names = namesOf(reader);
  const output = await textFile(options.output);
  await output.write("block_id,score,missing,extra\n");
  let [scored, anomalies] = [0, 0];
  for (const session of sessions.all()) {
    const counts = templateCounts(session, names.currentId);
    const probability = model.labelled && sessionProbabilities(model.labelled, [counts])[0]!;
    const verdict = verdictOf(session, model.sessions, names, {
      hasEnded: true,
      ...(probability !== undefined && { probability }),
    });
    scored++;
    if (verdict.isAnomalous) anomalies++;
    const cells = [session.key, verdict.score.toPrecision(6), told(verdict.missing), told(verdict.extra)];
    await output.write(`${cells.map(quoted).join(",")}\n`);
    line.update(() => `${thousands(scored)} sessions judged`);
  }
  line.clear();
  sessions.close();
  await output.close();
  await skipped.close();
  const [known, judged, found] = [model.trainingSessions, scored, anomalies].map(thousands);
  say(`${known} sessions learned, ${judged} scored, ${found} anomalous`);
};

const told = (items: readonly VerdictItem[]): string =>
  items.map(({ template, count }) => `${template} ×${count}`).join("; ");

const quoted = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
