import { AppError } from "../../errors.ts";
import { shortHash } from "../../feature/hash.ts";
import { applyWorks } from "../../score/apply.ts";
import type { SeriesWork } from "../../score/route.ts";
import { noCounts } from "../../store/head.ts";
import { headKey, shardTemplatesKey } from "../../store/keys.ts";
import type { Put, Table } from "../../store/ports.ts";
import { lineDigest } from "../line/digest.ts";
import type { LogModel } from "../model.ts";
import { LINES_METRIC } from "../rates.ts";
import type { StoredTemplate } from "../store/templates.ts";
import { templateId } from "../template/template.ts";
import type { SessionsReport } from "./context.ts";
import { endDueSessions, type Silence } from "./due.ts";
import { changedStore, findTemplate, isFrozen, type TemplateFinder, templateFinder } from "./finder.ts";
import { emptyListing, isRated, type Listing, listTemplates, newlyListed, readListing } from "./listing.ts";
import type { LogPlan } from "./plan.ts";
import type { DetectorLines, PlacedLine } from "./route.ts";
import type { SessionTake } from "./session-lines.ts";
import { takeSessions } from "./sessions.ts";

/** What a consumer remembers of a detector between batches; it can be lost at any time. */
export type DetectorMemory = { listing: Listing; finders: Map<string, TemplateFinder> };

export const emptyMemory = (detectorId: string): DetectorMemory => ({
  listing: emptyListing(detectorId),
  finders: new Map(),
});

export type DetectorReport = SessionsReport & { newTemplates: number };

/** Sessions that may have ended, looked at per batch: about as many as a batch begins. */
const DUE_SESSIONS = 2500;

/**
 * Takes the lines of one detector. The shards' own templates are not written here but returned, to be written when all
 * else is: a repeat of the batch then starts from the same templates, and gives every line the same one again.
 */
export const takeDetectorLines = async (
  table: Table,
  { plan, byShard }: DetectorLines,
  model: LogModel | undefined,
  memory: DetectorMemory,
  isAlone: boolean,
): Promise<{ report: DetectorReport; stores: Put[]; commit: () => void }> => {
  const { listing } = memory;
  const shardIds = [...byShard.keys()];
  const items = await table.getMany(shardIds.map((shardId) => shardTemplatesKey(plan.id, shardId)));
  await readListing(table, listing);
  const found: Found = { plan, listing, takes: new Map(), handed: new Map(), rates: new Map() };
  const finders = shardIds.map((shardId, index) => {
    const kept = memory.finders.get(shardId);
    // What a batch that failed has taught it must not be known to the next one.
    memory.finders.delete(shardId);
    const isCurrent = kept?.model === model && kept?.version === (items[index]?.version ?? 0);
    const finder = kept && isCurrent ? kept : templateFinder(model, items[index]);
    for (const line of byShard.get(shardId)!) findLine(found, finder, line);
    return finder;
  });
  const newTemplates = await listTemplates(table, listing, [...found.handed.values()]);
  const context = { table, plan, model, listing };
  const report = { newTemplates, ...(await takeSessions(context, found.takes, shardIds[0]!)) };
  await countRates(table, found, isAlone, report);
  for (const [shardId, lines] of byShard) {
    addSessions(report, await endDueSessions(context, shardId, logTime(lines), DUE_SESSIONS));
  }
  const stores = finders.flatMap((finder, index) => storePut(plan.id, shardIds[index]!, finder));
  const commit = () => {
    for (const [index, finder] of finders.entries()) memory.finders.set(shardIds[index]!, finder);
  };
  return { report, stores, commit };
};

/** What the lines of a batch come to. */
type Found = {
  plan: LogPlan;
  listing: Listing;
  takes: Map<string, SessionTake[]>;
  handed: Map<string, StoredTemplate>;
  rates: Map<string, PlacedLine[]>;
};

const findLine = ({ plan, listing, takes, handed, rates }: Found, finder: TemplateFinder, line: PlacedLine): void => {
  const read = plan.read(line.event);
  const { message, level } = read;
  const template = findTemplate(finder, message);
  const id = templateId(template);
  if (!listing.texts.has(id) && !handed.has(id)) {
    const isNew = finder.model !== undefined && !isFrozen(finder, template);
    handed.set(id, newlyListed(template, line, level, isNew));
  }
  const { event, record, part } = line;
  const keys = plan.keysOf(read, event);
  if (keys.length > 0) {
    const take = { record, templateId: id, timestampMs: event.timestamp, part, digest: lineDigest(event) };
    for (const key of keys) append(takes, key, take);
  }
  if (plan.rates) append(rates, id, line);
};

const append = <T>(lists: Map<string, T[]>, key: string, value: T): void => {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
};

/** Each line is an observation of its template's series, scored as any metric is. */
const countRates = async (table: Table, { plan, listing, rates }: Found, isAlone: boolean, report: SessionsReport) => {
  if (!plan.rates) return;
  const most = plan.detector.rates!.maxTemplates;
  const works: SeriesWork[] = [];
  for (const [entity, lines] of rates) {
    if (!isRated(listing, entity, most)) continue;
    works.push({
      ...{ plan: plan.rates, entity, key: headKey(plan.rates.id, entity) },
      events: lines.map(({ event }) => ({
        ...{ type: "metric", entity, timestamp: event.timestamp },
        values: { [LINES_METRIC]: 1 },
      })),
      records: lines.map(({ record }) => record),
    });
  }
  const series = { series: noCounts(), seriesWritten: 0, conflicts: 0, failed: [] };
  await applyWorks(table, new Map(), works, isAlone, series);
  report.conflicts += series.conflicts;
  report.failed.push(...series.failed);
};

/** A line is written before it arrives; clocks differ by a little. */
const CLOCK_TOLERANCE_MS = 60_000;

/** How late it is by the lines of a batch: their median, so that one wrong clock among many does not matter, but not the future. */
const logTime = (lines: readonly PlacedLine[]): Silence => {
  const times = lines.map(({ event }) => event.timestamp).sort((a, b) => a - b);
  const atMs = lines.reduce((latest, { record }) => Math.max(latest, record.arrivalMs), 0);
  return { newestMs: Math.min(times[times.length >> 1]!, atMs + CLOCK_TOLERANCE_MS), atMs };
};

const addSessions = (to: SessionsReport, from: SessionsReport): void => {
  to.written += from.written;
  to.ended += from.ended;
  to.anomalous += from.anomalous;
  to.conflicts += from.conflicts;
};

const storePut = (detectorId: string, shardId: string, finder: TemplateFinder): Put[] => {
  const bytes = changedStore(finder);
  if (!bytes) return [];
  const { version } = finder;
  finder.version = versionOf(bytes);
  finder.bytes = bytes;
  const item = { ...shardTemplatesKey(detectorId, shardId), version: finder.version, bytes };
  return [{ item, condition: version === 0 ? { kind: "absent" } : { kind: "version", version } }];
};

/** Of the bytes alone, so that it does not matter how many writes brought them about. */
const versionOf = (bytes: Uint8Array): number => Number.parseInt(shortHash("", bytes).slice(0, VERSION_DIGITS), 16);
/** Hex digits that a double holds exactly. */
const VERSION_DIGITS = 13;

/** Says so when a store was written by another consumer of the shard. */
export const writeStores = async (table: Table, stores: readonly Put[]): Promise<void> => {
  if (stores.length === 0) return;
  const outcomes = await table.putMany(stores);
  const lost = stores.find((_, index) => outcomes[index] === "conflict");
  if (lost) throw new AppError("CONFLICT", `another consumer wrote the templates of ${lost.item.pk}, ${lost.item.sk}`);
};
