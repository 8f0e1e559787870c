import { basename } from "node:path";
import { AppError } from "@tidewatch/core/errors";
import { type Session, templateCounts } from "@tidewatch/core/log/session/session";
import { templatesOf } from "@tidewatch/core/log/template/store";
import { templateId, templateText } from "@tidewatch/core/log/template/template";
import { storedLogModel } from "@tidewatch/core/register/log-files";
import { keepInputs } from "../output/inputs-kept.ts";
import { progress, thousands } from "../output/progress.ts";
import { rejections } from "../output/rejections.ts";
import { textFile } from "../output/text-file.ts";
import { type Evaluation, evaluateInTime, type LabelledRow } from "./evaluation.ts";
import { readLabels } from "./labels.ts";
import { checkKnown, checkLabels, type Known, type Labels, learn, SEED } from "./learn.ts";
import type { LogOptions } from "./log-events.ts";
import { modelPaths, writeModelFolder } from "./model-folder.ts";
import { type Report, reportPage } from "./report/page.ts";
import { verdictText } from "./report/verdict.ts";
import { namesOf, readSessions, sessionReader } from "./sessions.ts";

export type LogTrainOptions = LogOptions & Known & { output: string; session: string; report?: string; json?: true };

/**
 * `tidewatch logs train`: writes a model version from a log file. Where labels of both kinds are there, it is tested first,
 * on the last part of the log.
 */
export const runLogTrain = async (options: LogTrainOptions): Promise<void> => {
  checkKnown(options);
  const inputs = [options.input, options.labels];
  for (const path of [options.report, ...modelPaths(options.output)]) keepInputs(path, inputs);
  const line = progress();
  const say = (text: string) => {
    line.clear();
    console.error(text);
  };
  const skipped = rejections(undefined, say);
  const labels = options.labels === undefined ? undefined : await readLabels(options.labels);
  const reader = sessionReader(options.session);
  const sessions = await readSessions(reader, options, skipped.add, say);
  if (sessions.isEmpty) {
    throw new AppError("VALIDATION", `No line of ${options.input} matches ${options.session}: there are no sessions.`);
  }
  if (labels) checkLabels(labels, sessions.all(), options.input, options.session);
  const names = namesOf(reader);
  const evaluation = labels && (await evaluateInTime(rowsOf(sessions.all(), labels, names.currentId), SEED));
  if (!evaluation && options.report !== undefined) throw noReport(labels !== undefined);
  const fitted = await learn(reader, sessions.all(), labels, options.normal === true);
  sessions.close();
  const { learnt, anomalous, normal, fromMs, toMs } = fitted;
  if (learnt.labelled && evaluation) learnt.labelled.threshold = evaluation.threshold;
  const stored = storedLogModel(learnt, {
    ...{
      name: "logs",
      version: 1,
      source: "file",
      definition: "",
      trainedAtMs: Date.now(),
      trainingFromMs: fromMs,
      trainingToMs: toMs,
    },
    ...{ labels: { anomalous, normal, hash: "" }, seed: SEED },
  });
  if (await writeModelFolder(options.output, stored)) say(`Replaced the model that was in ${options.output}.`);
  const templates = Array.from(templatesOf(reader.store), (template) => ({
    ...{ id: templateId(template), template: templateText(template), events: template.count },
  })).sort((a, b) => b.events - a.events || (a.id < b.id ? -1 : 1));
  const { labelled } = learnt;
  const importance = [...(labelled?.importance ?? [])]
    .map((share, column) => ({ template: nameOf(labelled?.vocabulary[column], names.textOf), share }))
    .sort((a, b) => b.share - a.share);
  const events = templates.reduce((sum, template) => sum + template.events, 0);
  const facts = { input: basename(options.input), events, sessions: fitted.seen, templates, importance };
  if (evaluation && options.report !== undefined) await writeReport(options.report, { ...facts, evaluation });
  await skipped.close();
  const { manifest } = stored;
  if (options.json)
    return console.log(JSON.stringify({ manifest, ...facts, evaluation: evaluation && told(evaluation) }));
  if (evaluation) console.log(verdictText(evaluation));
  say(
    `${options.output}: ${thousands(manifest.trainingSessions)} sessions, ${thousands(templates.length)} templates, decided by ${manifest.decidedBy}`,
  );
};

const rowsOf = (sessions: Iterable<Session>, labels: Labels, currentId: (id: string) => string): LabelledRow[] => {
  const rows: LabelledRow[] = [];
  for (const session of sessions) {
    const isAnomalous = labels.get(session.key);
    if (isAnomalous === undefined) continue;
    const { key, firstMs: startMs } = session;
    rows.push({ key, startMs, counts: templateCounts(session, currentId), isAnomalous });
  }
  return rows;
};

/** The last column is that of templates which no labelled session had. */
const nameOf = (id: string | undefined, textOf: (id: string) => string): string =>
  id === undefined ? "(any other template)" : textOf(id);

const noReport = (hasLabels: boolean): AppError =>
  new AppError(
    "VALIDATION",
    hasLabels
      ? "A report needs anomalous and normal sessions among the earlier 60 % of the labelled ones, to learn from."
      : "A report measures verdicts against labels: give some (--labels).",
  );

const writeReport = async (path: string, report: Report): Promise<void> => {
  const file = await textFile(path);
  await file.write(reportPage(report));
  await file.close();
};

/** The verdicts that were wrong; all of them would be a line per session. */
const told = ({ judged, ...figures }: Evaluation) => ({
  ...figures,
  wrong: judged.filter(({ isAnomalous, score }) => isAnomalous !== score >= 0.5),
  verdict: verdictText({ judged, ...figures }),
});
