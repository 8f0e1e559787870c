import { AppError } from "../errors.ts";
import { jsonFile } from "../register/models.ts";
import { reportKey, timeKey } from "../store/keys.ts";
import type { Blobs, Item, Table } from "../store/ports.ts";
import { reportHtml } from "./html.ts";
import { type Delivery, Report, ReportEntry } from "./report.ts";

export type StorePorts = { table: Table; blobs: Blobs };
/** An entry with the version of its item. */
export type StoredEntry = { entry: ReportEntry; version: number };

const PAGE = 100;
/** Pages that one listing reads: of a detector with few reports among many, it goes on in another. */
const MAX_PAGES = 20;
/** Entries stay as long as anybody may look back; the objects are for whoever owns the bucket to expire. */
const KEPT_MS = 400 * 24 * 3_600_000;

const reportFile = (id: string, kind: "html" | "json"): string => `reports/drift/${id}.${kind}`;

/** Files first, the entry last: what is listed can be read. False when another one has made it meanwhile. */
export const saveReport = async (
  { table, blobs }: StorePorts,
  report: Report,
  channels: Pick<ReportEntry, "mail" | "webhook">,
): Promise<boolean> => {
  await blobs.put(reportFile(report.id, "json"), jsonFile(report));
  await blobs.put(reportFile(report.id, "html"), new TextEncoder().encode(reportHtml(report, "page")));
  const { id, kind, detector, atMs, fromMs, toMs, createdAtMs, tone, title, verdict } = report;
  const entry = { id, kind, detector, atMs, fromMs, toMs, createdAtMs, tone, title, verdict, ...channels };
  const [outcome] = await table.putMany([{ item: itemOf(entry, 1), condition: { kind: "absent" } }]);
  return outcome === "written";
};

/** How a report was made and sent; `undefined` when there is none. */
export const readEntry = async (table: Table, atMs: number, id: string): Promise<StoredEntry | undefined> => {
  const [item] = await table.getMany([reportKey(atMs, id)]);
  return item && { entry: entryOf(item), version: item.version };
};

/** @throws AppError NOT_FOUND, CORRUPT */
export const readReport = async ({ blobs }: Pick<StorePorts, "blobs">, id: string): Promise<Report> => {
  const bytes = isId(id) ? await blobs.get(reportFile(id, "json")) : undefined;
  if (!bytes) throw new AppError("NOT_FOUND", `There is no report "${id}".`);
  try {
    return Report.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (error) {
    throw new AppError("CORRUPT", `report ${id} cannot be read`, { cause: error });
  }
};

/** The page of a report. @throws AppError NOT_FOUND */
export const readReportPage = async ({ blobs }: Pick<StorePorts, "blobs">, id: string): Promise<Uint8Array> => {
  const bytes = isId(id) ? await blobs.get(reportFile(id, "html")) : undefined;
  if (!bytes) throw new AppError("NOT_FOUND", `There is no report "${id}".`);
  return bytes;
};

/** Nothing that leads out of the folder. */
const isId = (id: string): boolean => /^[a-z0-9][a-z0-9-]{0,120}$/.test(id);

/** `after` goes on behind this page; `undefined` at the end. A page may be short, and go on all the same. */
export type ReportList = { reports: StoredEntry[]; after: string | undefined };

/** Entries, newest first. `before`: only those behind this place. */
export const listReports = async (
  table: Table,
  { detector, before, fromMs = 0, limit }: { detector?: string; before?: string; fromMs?: number; limit: number },
): Promise<ReportList> => {
  const found: { sk: string; stored: StoredEntry }[] = [];
  const listed = (after: string | undefined): ReportList => ({
    reports: found.slice(0, limit).map(({ stored }) => stored),
    after: found.length > limit ? found[limit - 1]!.sk : after,
  });
  let to = before;
  for (let pages = 1; ; pages++) {
    const page = await table.query({
      ...{ pk: reportKey(0, "").pk, from: timeKey(fromMs), order: "descending", limit: PAGE },
      ...(to !== undefined && { to }),
    });
    for (const item of page) {
      const entry = entryOf(item);
      // The bound is inclusive: the last one comes again.
      if (item.sk !== to && (detector === undefined || entry.detector === detector)) {
        found.push({ sk: item.sk, stored: { entry, version: item.version } });
      }
    }
    if (page.length < PAGE) return listed(undefined);
    to = page.at(-1)!.sk;
    if (pages === MAX_PAGES || found.length > limit) return listed(to);
  }
};

/** Notes how channels did; nothing when somebody else noted it first. */
export const noteDelivery = async (table: Table, { entry, version }: StoredEntry, told: Told): Promise<void> => {
  const after = { ...entry, ...told };
  await table.putMany([{ item: itemOf(after, version + 1), condition: { kind: "version", version } }]);
};
type Told = { mail: Delivery; webhook: Delivery };

const itemOf = (entry: ReportEntry, version: number): Item => ({
  ...{ ...reportKey(entry.atMs, entry.id), version, doc: JSON.stringify(entry) },
  expiresAtMs: entry.createdAtMs + KEPT_MS,
});
const entryOf = (item: Item): ReportEntry => ReportEntry.parse(JSON.parse(item.doc ?? "null"));
