import type { ImportedLogModel } from "@tidewatch/core/register/import-log";
import type { ImportedModel, ModelDocument, ModelSummary } from "@tidewatch/functions/api/schemas/models";
import { counted, thousands } from "../output/progress.ts";
import { table } from "../output/table.ts";

export const modelTable = (models: readonly ModelSummary[]): string =>
  table(
    ["model", "family", "in use", "before", "newest"],
    models.map(({ name, family, champion, previous, newest }) => [
      ...[name, family, champion?.version, previous?.version, newest],
    ]),
  );

/** Aliases that are said in words. */
const IN_USE = new Set(["champion", "previous"]);

/** `learntFrom`: what the versions' numbers count. */
export const versionTable = (
  { champion, previous, aliases, versions }: ModelDocument,
  learntFrom: "rows" | "sessions",
): string =>
  table(
    ["version", "made", learntFrom, ""],
    versions.map(({ version, createdAtMs, trainingRows }) => {
      const use = version === champion?.version ? "in use" : version === previous?.version ? "previous" : "";
      const others = Object.entries(aliases ?? {}).filter(
        ([alias, of]) => of.version === version && !IN_USE.has(alias),
      );
      const names = [use, ...others.map(([alias]) => alias)].filter(Boolean).join(", ");
      return [version, new Date(createdAtMs).toISOString(), trainingRows, names];
    }),
  );

/** What was found out about a model: a person has to see that its output was read the right way round. */
export const importText = (model: ImportedModel): string => {
  const { name, version, output, outputIs, positiveClass, higherIsAnomalous, msPerRow, onnxBytes, promoted } = model;
  const read =
    outputIs === "reconstruction"
      ? `"${output}" is read as a reconstruction of the input; its error is the score`
      : outputIs === "probabilities"
        ? `"${output}" is read as probabilities; the score is that of class ${JSON.stringify(positiveClass)}`
        : `"${output}" is read as a score`;
  const direction = higherIsAnomalous === undefined ? "" : `; ${higherIsAnomalous ? "higher" : "lower"} is stranger`;
  const cost = `${(msPerRow * 1000).toPrecision(2)} µs per row, ${Math.ceil(onnxBytes / 1000).toLocaleString("en-US")} kB`;
  const rows = `calibrated ${model.referenceRows > 0 ? `by ${model.referenceRows.toLocaleString("en-US")} rows` : "as given"}`;
  const next = promoted ? "It is in use." : `Use it with \`tidewatch models promote ${name} ${version}\`.`;
  return `${name}: imported as version ${version}\n  ${read}${direction}\n  ${rows}; ${cost}\n${next}`;
};

export const importLogText = (model: ImportedLogModel): string => {
  const { name, version, trainingSessions, labels, decidedBy, metrics, promoted } = model;
  const learnt = `learnt from ${counted(trainingSessions, "session")} of ${counted(metrics.templates, "template")}`;
  const labelled = `${thousands(labels.anomalous)} anomalous and ${thousands(labels.normal)} normal labels`;
  const next = promoted ? "It is in use." : `Use it with \`tidewatch models promote ${name} ${version}\`.`;
  return `${name}: imported as version ${version}\n  ${learnt}; ${labelled}; decided by ${decidedBy}\n${next}`;
};
