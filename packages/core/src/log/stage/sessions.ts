import { AppError } from "../../errors.ts";
import { unseenRecords } from "../../score/load.ts";
import type { FailedRecord } from "../../score/series.ts";
import { sessionHeadKey } from "../../store/keys.ts";
import type { Item } from "../../store/ports.ts";
import { decodeSessionHead, type SessionHead } from "../store/session-head.ts";
import { addSession, type DetectorContext, emptySessionsReport, judgeFor, type SessionsReport } from "./context.ts";
import { putDown } from "./due.ts";
import type { LogPlan } from "./plan.ts";
import { arrivalOf, freshHead, type SessionTake, takeLines } from "./session-lines.ts";
import { type ChangedSession, takeBack, writeSessions } from "./write-sessions.ts";

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
  const [allLost, allWon]: [ChangedSession[], ChangedSession[]] = [[], []];
  for (let attempt = 0; open.length > 0; attempt++) {
    if (attempt === MAX_ATTEMPTS) throw contended(context.plan, open.length);
    const changed = await changeSessions(context, open, takes, report);
    await putDown(
      context,
      shardId,
      changed.filter(({ taken }) => taken.spoke).map(({ taken }) => taken.head),
    );
    const arrivalMs = Math.max(0, ...changed.map(({ taken }) => arrivalOf(taken.head)));
    const outcomes = await writeSessions(context.table, context.plan, changed, arrivalMs);
    const lost = changed.filter((_, index) => outcomes[index] === "conflict");
    const won = changed.filter((_, index) => outcomes[index] !== "conflict");
    for (const one of won) addSession(report, one);
    allLost.push(...lost);
    allWon.push(...won);
    report.conflicts += lost.length;
    open = lost.map(({ key }) => key);
  }
  if (allLost.length > 0) await takeBack(context.table, context.plan.id, allLost, allWon);
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

/** What a head that cannot be read has seen is unknown: then every record fails. */
const failedRecords = (plan: LogPlan, key: string, takes: readonly SessionTake[], error: unknown): FailedRecord[] => {
  const reason = `detector ${plan.id}, session ${key}: ${error instanceof Error ? error.message : String(error)}`;
  const records = [...new Set(takes.map(({ record }) => record))];
  return unseenRecords([], records).map((record) => ({ record, reason }));
};

/** Without a session's key: this one gets into logs. */
const contended = (plan: LogPlan, count: number): AppError =>
  new AppError(
    "CONFLICT",
    `${count} sessions of detector ${plan.id} were written by other consumers ${MAX_ATTEMPTS} times in a row`,
  );
