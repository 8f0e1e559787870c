import { AppError } from "@tidewatch/core/errors";
import { templateCounts } from "@tidewatch/core/log/session/session";
import { type VerdictItem, verdictOf } from "@tidewatch/core/log/session/verdict";
import { minerOf } from "@tidewatch/core/log/template/miner";
import { UsageError } from "../failure.ts";
import { keepInputs } from "../output/inputs-kept.ts";
import { progress, thousands } from "../output/progress.ts";
import { rejections } from "../output/rejections.ts";
import { textFile } from "../output/text-file.ts";
import { readLabels } from "./labels.ts";
import { learnSessions } from "./learn.ts";
import type { LogOptions } from "./log-events.ts";
import { namesOf, readSessions, type SessionReader } from "./sessions.ts";

export type LogScoreOptions = LogOptions & {
  output: string;
  session: string;
  train?: string;
  labels?: string;
  normal?: true;
};

/** `tidewatch logs score`: a row per session of the input, by what the sessions of the training log look like. */
export const runLogScore = async (options: LogScoreOptions): Promise<void> => {
  if (options.labels !== undefined && options.normal) {
    throw new UsageError("--labels and --normal exclude each other: --normal says that every session is normal.");
  }
  keepInputs(options.output, [options.input, options.train, options.labels]);
  const line = progress();
  const say = (text: string) => {
    line.clear();
    console.error(text);
  };
  const skipped = rejections(undefined, say);
  const reader: SessionReader = { miner: minerOf(), levels: new Map(), pattern: options.session };
  const read = (input: string) => readSessions(reader, { ...options, input }, skipped.add, say);
  const labels = options.labels === undefined ? undefined : await readLabels(options.labels);
  const training = options.train === undefined ? undefined : await read(options.train);
  const sessions = await read(options.input);
  if (sessions.isEmpty) {
    throw new AppError("VALIDATION", `No line of ${options.input} matches ${options.session}: there are no sessions.`);
  }
  const names = namesOf(reader);
  const learned = await learnSessions((training ?? sessions).all(), labels, names, options);
  training?.close();
  const { model, probabilityOf } = learned;
  if (model.rules) say("The sessions are too varied to be compared as wholes: each template is judged for itself.");
  const output = await textFile(options.output);
  await output.write("block_id,score,missing,extra\n");
  let [scored, anomalies] = [0, 0];
  for (const session of sessions.all()) {
    const probability = probabilityOf?.(templateCounts(session, names.currentId));
    const verdict = verdictOf(session, model, names, {
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
  say(
    `${thousands(learned.sessions)} sessions learned, ${thousands(scored)} scored, ${thousands(anomalies)} anomalous`,
  );
};

const told = (items: readonly VerdictItem[]): string =>
  items.map(({ template, count }) => `${template} ×${count}`).join("; ");

const quoted = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
