import type { FailedRecord } from "../../score/series.ts";
import type { Table } from "../../store/ports.ts";
import type { LogModel } from "../model.ts";
import { templateTexts } from "../template/store.ts";
import { sessionJudge } from "./judge.ts";
import { type Listing, readTexts } from "./listing.ts";
import type { LogPlan } from "./plan.ts";
import type { SessionJudge } from "./session-lines.ts";
import type { ChangedSession } from "./write-sessions.ts";

/** What is known of a detector for the length of a batch. */
export type DetectorContext = { table: Table; plan: LogPlan; model: LogModel | undefined; listing: Listing };

export type SessionsReport = {
  written: number;
  ended: number;
  anomalous: number;
  conflicts: number;
  failed: FailedRecord[];
};

export const emptySessionsReport = (): SessionsReport => ({
  ...{ written: 0, ended: 0, anomalous: 0, conflicts: 0, failed: [] },
});

/** A judge that knows how these templates read; `undefined` without a model. */
export const judgeFor = async (
  { table, model, listing }: DetectorContext,
  ids: readonly string[],
): Promise<SessionJudge | undefined> => {
  if (!model) return undefined;
  const known = textsOf(model);
  await readTexts(
    table,
    listing,
    [...new Set(ids)].filter((id) => !known.has(model.currentId(id))),
  );
  return sessionJudge(model, (id) => known.get(id) ?? listing.texts.get(id) ?? id);
};

const modelTexts = new WeakMap<LogModel, Map<string, string>>();
const textsOf = (model: LogModel): Map<string, string> => {
  const known = modelTexts.get(model);
  if (known) return known;
  const texts = templateTexts(model.templates);
  modelTexts.set(model, texts);
  return texts;
};

/** Counts what one write has changed. */
export const addSession = (report: SessionsReport, { taken }: ChangedSession): void => {
  report.written++;
  report.ended += taken.ended.length;
  report.anomalous += taken.early?.verdict.isAnomalous ? 1 : 0;
  // One that was listed early was counted then.
  for (const { verdict, wasListed } of taken.ended) if (verdict?.isAnomalous && !wasListed) report.anomalous++;
};
