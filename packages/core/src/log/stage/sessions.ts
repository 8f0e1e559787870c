import { AppError } from "../../errors.ts";
import { unseenRecords } from "../../score/load.ts";
import type { FailedRecord } from "../../score/series.ts";
import { sessionHeadKey } from "../../store/keys.ts";
import type { Item } from "../../store/ports.ts";
import { decodeSessionHead, type SessionHead } from "../store/session-head.ts";
import { type DetectorContext, emptySessionsReport, judgeFor, type SessionsReport } from "./context.ts";
import { putDown } from "./due.ts";
import type { LogPlan } from "./plan.ts";
import { freshHead, type SessionTake, takeLines } from "./session-lines.ts";
import { type ChangedSession, writeSessions } from "./write-sessions.ts";

/** As many consumers would have to write the same sessions first, in turn, before it is reached. */
const MAX_ATTEMPTS = 100;

/**
 * Adds the lines of a batch to their sessions, each line once in effect. A session that somebody else wrote meanwhile is
 * read and done again; one whose head cannot be read fails alone.
 * @param shardId whose consumer is to look whether the sessions have ended
 */
export const takeSessions = async (
  context: DetectorContext,
  takes: ReadonlyMap<string, SessionTake[]>,
  shardId: string,
): Promise<SessionsReport> => {
  const report = emptySessionsReport();
  let open = [...takes.keys()];
  for (let attempt = 0; open.length > 0; attempt++) {
    if (attempt === MAX_ATTEMPTS) throw contended(context.plan, open.length);
    const changed = await changeSessions(context, open, takes, report);
    await putDown(
      context,
      shardId,
      changed.filter(({ taken }) => taken.began).map(({ taken }) => taken.head),
    );
    const outcomes = await writeSessions(context.table, context.plan.id, changed);
    const lost = changed.filter((_, index) => outcomes[index] === "conflict");
    for (const [index, one] of changed.entries()) if (outcomes[index] !== "conflict") addTo(report, one);
    report.conflicts += lost.length;
    open = lost.map(({ key }) => key);
  }
  return report;
};

const changeSessions = async (
  context: DetectorContext,
  keys: readonly string[],
  takes: ReadonlyMap<string, SessionTake[]>,
  report: SessionsReport,
): Promise<ChangedSession[]> => {
  const { table, plan } = context;
  const items = await table.getMany(keys.map((key) => sessionHeadKey(plan.id, key)));
  const read = keys.flatMap((key, index): { key: string; before: Item | undefined; head: SessionHead }[] => {
    const before = items[index];
    try {
      return [{ key, before, head: before ? decodeSessionHead(before) : freshHead(key) }];
    } catch (error) {
      report.failed.push(...failedRecords(plan, key, takes.get(key)!, error));
      return [];
    }
  });
  const judge = await judgeFor(
    context,
    read.flatMap(({ key, head }) => [...idsOf(head), ...takes.get(key)!.map((take) => take.templateId)]),
  );
  return read.flatMap(({ key, before, head }) => {
    const taken = takeLines(head, takes.get(key)!, plan, judge);
    return taken.applied > 0 ? [{ key, before, taken }] : [];
  });
};

const idsOf = ({ session }: SessionHead): string[] => session.entries.map((entry) => entry.templateId);

const addTo = (report: SessionsReport, { taken }: ChangedSession): void => {
  report.written++;
  report.ended += taken.ended.length;
  report.anomalous += taken.early ? 1 : 0;
  // One that was listed early was counted then.
  for (const { verdict, wasListed } of taken.ended) if (verdict?.isAnomalous && !wasListed) report.anomalous++;
};

/** What a head that cannot be read has seen is unknown: then every record fails. */
const failedRecords = (plan: LogPlan, key: string, takes: readonly SessionTake[], error: unknown): FailedRecord[] => {
  if (!(error instanceof AppError) || error.code !== "CORRUPT") throw error;
  const reason = `detector ${plan.id}, session ${key}: ${error.message}`;
  const records = [...new Set(takes.map(({ record }) => record))];
  return unseenRecords([], records).map((record) => ({ record, reason }));
};

/** Without a session's key: this one gets into logs. */
const contended = (plan: LogPlan, count: number): AppError =>
  new AppError(
    "CONFLICT",
    `${count} sessions of detector ${plan.id} were written by other consumers ${MAX_ATTEMPTS} times in a row`,
  );
