import type { Detector } from "../detector.ts";
import { driftedDetectors, type OpenDrift } from "../drift/checks.ts";
import { listDetectors, partEntries } from "../store/detectors.ts";
import type { Blobs, Clock, Mailer, Table, Webhook } from "../store/ports.ts";
import { listSeries, readPoints } from "../store/read-series.ts";
import { channelsOf, mailOf, webhookBody } from "./channels.ts";
import { gatherReport } from "./gather.ts";
import { askedReport, driftReport, periodReport, type Wanted } from "./periods.ts";
import { DAY_MS, type Delivery, type Report, type ReportEntry } from "./report.ts";
import { listReports, noteDelivery, readEntry, readReport, type StoredEntry, saveReport } from "./store.ts";

export type ReportPorts = { table: Table; blobs: Blobs; mailer: Mailer; webhook: Webhook; clock: Clock };
export type ReportRun = {
  made: string[];
  sent: { report: string; channel: "mail" | "webhook" }[];
  failed: { report: string; what: string; error: string }[];
};

/** A channel is tried so often, by so many runs; what is older than a week is no news. */
const MAX_ATTEMPTS = 24;
const NEWS_MS = 7 * DAY_MS;
const MOST_PENDING = 500;

/**
 * Makes the reports that should be there, each once, and sends what is not sent yet. A report that cannot be made or sent keeps
 * no other from it; the next run tries again. Two runs at once, or a crash after sending, may send one twice, under one id.
 */
export const runReports = async (ports: ReportPorts): Promise<ReportRun> => {
  const run: ReportRun = { made: [], sent: [], failed: [] };
  const { metric } = partEntries(await listDetectors(ports.table));
  const drifts = new Map((await driftedDetectors(ports)).map((drift) => [drift.detector, drift]));
  const since = ports.clock() - NEWS_MS;
  const late: Wanted[] = [];
  for (const detector of metric) {
    for (const wanted of wantedOf(detector, drifts.get(detector.id), ports.clock())) {
      if (wanted.atMs < since) late.push(wanted);
      await makeOnce(ports, detector, wanted)
        .then((isMade) => isMade && run.made.push(wanted.id))
        .catch((error: unknown) => run.failed.push({ report: wanted.id, what: "make", error: messageOf(error) }));
    }
  }
  const { reports } = await listReports(ports.table, { fromMs: since, limit: MOST_PENDING });
  for (const stored of reports) await deliver(ports, stored, run);
  // A drift may be found long after it began, which is what its report is filed under: when it was made says whether it is news.
  for (const { atMs, id } of late) {
    const stored = await readEntry(ports.table, atMs, id);
    if (stored && stored.entry.createdAtMs >= since) await deliver(ports, stored, run);
  }
  return run;
};

/** Makes a report of the last week now; the next run sends it. */
export const askReport = async (
  ports: Pick<ReportPorts, "table" | "blobs" | "clock">,
  detector: Detector,
): Promise<ReportEntry> => {
  const wanted = askedReport(detector, ports.clock());
  await make(ports, detector, wanted);
  const stored = await readEntry(ports.table, wanted.atMs, wanted.id);
  return stored!.entry;
};

const wantedOf = (detector: Detector, drift: OpenDrift | undefined, nowMs: number): Wanted[] => {
  if (!detector.enabled) return [];
  const wanted = [periodReport(detector, nowMs), drift && driftReport(detector, drift, nowMs)];
  return wanted.filter((one) => one !== undefined);
};

const makeOnce = async (ports: ReportPorts, detector: Detector, wanted: Wanted): Promise<boolean> => {
  if (await readEntry(ports.table, wanted.atMs, wanted.id)) return false;
  // Of a time before its first row there is nothing to tell; and history that is being sent comes row by row.
  if (!(await hasRowsBefore(ports.table, detector.id, wanted.toMs))) return false;
  return await make(ports, detector, wanted);
};

/** Among so many series one of them has, if any does. */
const LOOKED_AT = 50;
const hasRowsBefore = async (table: Table, detectorId: string, toMs: number): Promise<boolean> => {
  for (const { entity } of await listSeries(table, detectorId, { limit: LOOKED_AT })) {
    if ((await readPoints(table, detectorId, entity, { toMs, limit: 1 })).length > 0) return true;
  }
  return false;
};

const make = async (
  ports: Pick<ReportPorts, "table" | "blobs" | "clock">,
  detector: Detector,
  wanted: Wanted,
): Promise<boolean> => {
  const report = await gatherReport(ports, detector, wanted, ports.clock());
  return await saveReport(ports, report, channelsOf(detector));
};

const isOpen = ({ state, attempts }: Delivery): boolean =>
  (state === "pending" || state === "failed") && attempts < MAX_ATTEMPTS;

/** What is open of a report's channels; how it went is noted with the report. */
const deliver = async (ports: ReportPorts, stored: StoredEntry, run: ReportRun): Promise<void> => {
  const { entry } = stored;
  if (!isOpen(entry.mail) && !isOpen(entry.webhook)) return;
  let report: Report | undefined;
  const read = async () => {
    report ??= await readReport(ports, entry.id);
    return report;
  };
  const send = async (channel: "mail" | "webhook", how: (report: Report, to: string[]) => Promise<void>) => {
    const before = entry[channel];
    if (!isOpen(before)) return before;
    const attempts = before.attempts + 1;
    try {
      await how(await read(), before.to);
      run.sent.push({ report: entry.id, channel });
      return { ...before, attempts, state: "sent" as const, sentAtMs: ports.clock(), error: null };
    } catch (error) {
      run.failed.push({ report: entry.id, what: channel, error: messageOf(error) });
      return { ...before, attempts, state: "failed" as const, error: messageOf(error).slice(0, 500) };
    }
  };
  const mail = await send("mail", (one, to) => ports.mailer.send(mailOf(one, to)));
  const webhook = await send("webhook", (one, [url]) => ports.webhook.post(url!, webhookBody(one)));
  await noteDelivery(ports.table, stored, { mail, webhook });
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
