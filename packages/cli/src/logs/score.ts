import { AppError } from "@tidewatch/core/errors";
import { fitLabelledSessions, sessionProbabilities } from "@tidewatch/core/log/session/labelled";
import { type Session, templateCounts } from "@tidewatch/core/log/session/session";
import { fitSessions } from "@tidewatch/core/log/session/session-model";
import { SIGNATURE_PARAMS, type TemplateCounts } from "@tidewatch/core/log/session/signature";
import { type VerdictItem, verdictOf } from "@tidewatch/core/log/session/verdict";
import { minerOf } from "@tidewatch/core/log/template/miner";
import { UsageError } from "../failure.ts";
import { keepInputs } from "../output/inputs-kept.ts";
import { counted, progress, thousands } from "../output/progress.ts";
import { rejections } from "../output/rejections.ts";
import { textFile } from "../output/text-file.ts";
import { readLabels } from "./labels.ts";
import type { LogOptions } from "./log-events.ts";
import { namesOf, readSessions, type SessionReader } from "./sessions.ts";

export type LogScoreOptions = LogOptions & {
  output: string;
  session: string;
  train?: string;
  labels?: string;
  normal?: true;
};

const SEED = 1;

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
  if (sessions.length === 0) {
    throw new AppError("VALIDATION", `No line of ${options.input} matches ${options.session}: there are no sessions.`);
  }
  const names = namesOf(reader);
  if (labels) checkLabels(labels, training ?? sessions, options);
  const learned = learnFrom(training ?? sessions, labels);
  if (learned.length === 0) throw new AppError("VALIDATION", "There is no normal session to learn from.");
  const countsOf = (session: Session) => templateCounts(session, names.currentId);
  const isNormal = options.normal === true || labels !== undefined;
  const params = { ...SIGNATURE_PARAMS, training: isNormal ? ("normal" as const) : ("unlabelled" as const) };
  const model = fitSessions(learned.map(countsOf), names.severe, params);
  if (model.rules) say("The sessions are too varied to be compared as wholes: each template is judged for itself.");
  const output = await textFile(options.output);
  await output.write("block_id,score,missing,extra\n");
  const probabilities = await learnLabels(training ?? sessions, labels, countsOf);
  let anomalies = 0;
  for (const session of sessions) {
    const probability = probabilities?.(countsOf(session));
    const verdict = verdictOf(session, model, names, {
      hasEnded: true,
      ...(probability !== undefined && { probability }),
    });
    if (verdict.isAnomalous) anomalies++;
    const cells = [session.key, verdict.score.toPrecision(6), told(verdict.missing), told(verdict.extra)];
    await output.write(`${cells.map(quoted).join(",")}\n`);
  }
  await output.close();
  await skipped.close();
  const [known, scored, found] = [learned.length, sessions.length, anomalies].map(thousands);
  say(`${known} sessions learned, ${scored} scored, ${found} anomalous`);
};

/** @throws AppError VALIDATION when no session of the log that is learnt from has a label */
const checkLabels = (
  labels: ReadonlyMap<string, boolean>,
  sessions: readonly Session[],
  { train, input, session }: LogScoreOptions,
): void => {
  if (sessions.some(({ key }) => labels.has(key))) return;
  const [labelled, known] = [labels.keys().next().value, sessions[0]?.key];
  const examples = [labelled, known].every((key) => key !== undefined) ? ` ("${labelled}" unlike "${known}")` : "";
  throw new AppError(
    "VALIDATION",
    `Of ${counted(labels.size, "labelled key")}, none is a session of ${train ?? input}${examples}: see that --session ${session} makes the same keys.`,
  );
};

/** A random forest, if both labels are there. */
const learnLabels = async (
  sessions: Session[],
  labels: Map<string, boolean> | undefined,
  countsOf: (session: Session) => TemplateCounts,
) => {
  const known = sessions.filter(({ key }) => labels?.has(key));
  const anomalous = Uint8Array.from(known, ({ key }) => (labels?.get(key) ? 1 : 0));
  if (!anomalous.includes(1) || !anomalous.includes(0)) return undefined;
  const model = await fitLabelledSessions(known.map(countsOf), anomalous, SEED);
  return (counts: TemplateCounts): number => sessionProbabilities(model, [counts])[0]!;
};

/** Of labelled sessions the normal ones; else all. */
const learnFrom = (sessions: Session[], labels: Map<string, boolean> | undefined): Session[] =>
  labels ? sessions.filter(({ key }) => labels.get(key) === false) : sessions;

const told = (items: readonly VerdictItem[]): string =>
  items.map(({ template, count }) => `${template} ×${count}`).join("; ");

const quoted = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
