import { type AnyDetector, isLogDetector, parseAnyDetector } from "../any-detector.ts";
import type { Detector } from "../detector.ts";
import { AppError } from "../errors.ts";
import { type LogDetector, rateDetectorId } from "../log/detector.ts";
import { rateDetectorOf, ratesOwnerId } from "../log/rates.ts";
import { detectorKey } from "./keys.ts";
import type { Clock, Item, PutOutcome, Table } from "./ports.ts";

export type StoredDetector<D extends AnyDetector = AnyDetector> = { detector: D; version: number };

/** Detectors per range query. */
const PAGE = 100;
/** An item that expired at this time is gone: how a deletion is written. */
const LONG_AGO_MS = 1;

export const getDetector = async (table: Table, id: string): Promise<StoredDetector | undefined> => {
  const [item] = await table.getMany([detectorKey(id)]);
  return item && parse(item);
};

/**
 * The detector that series of this id belong to: one of metrics, or `<id>.rates` of a log detector that counts its
 * lines.
 * @throws AppError CONFLICT for the id of a log detector: it has no series
 */
export const getMetricDetector = async (table: Table, id: string): Promise<StoredDetector<Detector> | undefined> => {
  const ownerId = ratesOwnerId(id);
  const stored = await getDetector(table, ownerId ?? id);
  if (!stored) return undefined;
  const { detector, version } = stored;
  if (ownerId === undefined) {
    if (isLogDetector(detector)) throw noSeries(detector);
    return { detector, version };
  }
  return isLogDetector(detector) && detector.rates ? { detector: rateDetectorOf(detector), version } : undefined;
};

const noSeries = ({ id, rates }: LogDetector) => {
  const where = rates ? `, and its template rates are the series of "${rateDetectorId(id)}"` : "";
  return new AppError("CONFLICT", `Detector "${id}" watches logs: its sessions are under /v1/sessions${where}.`);
};

/** @throws AppError CONFLICT for the id of a metric detector: it has no sessions */
export const getLogDetector = async (table: Table, id: string): Promise<StoredDetector<LogDetector> | undefined> => {
  const stored = await getDetector(table, id);
  if (!stored) return undefined;
  const { detector, version } = stored;
  if (isLogDetector(detector)) return { detector, version };
  throw new AppError("CONFLICT", `Detector "${id}" watches metrics: its results are under /v1/series.`);
};

/** What is stored under a detector's id: a detector, or why the document cannot be read. */
export type DetectorEntry = { id: string; version: number; read: AnyDetector | AppError };

/** Detectors in the order of their ids, after `after`. */
export const listDetectors = async (
  table: Table,
  { after = "", limit = Number.POSITIVE_INFINITY }: { after?: string; limit?: number } = {},
): Promise<DetectorEntry[]> => {
  const found: DetectorEntry[] = [];
  for await (const item of detectorItems(table, after, limit)) found.push(entryOf(item));
  return found;
};

/** Like `getDetector`, for whoever replaces or removes it and need not read it. */
export const detectorEntry = async (table: Table, id: string): Promise<DetectorEntry | undefined> => {
  const [item] = await table.getMany([detectorKey(id)]);
  return item && entryOf(item);
};

const entryOf = (item: Item): DetectorEntry => ({ id: item.sk, version: item.version, read: readDetector(item) });

/** One that cannot be read keeps no other from being listed. */
export const partEntries = (entries: readonly DetectorEntry[]) => {
  const readable = entries.flatMap(({ read }) => (read instanceof AppError ? [] : [read]));
  return {
    readable,
    metric: readable.filter(isMetricDetector),
    log: readable.filter(isLogDetector),
    unreadable: entries.flatMap(({ id, read }) => (read instanceof AppError ? [{ id, reason: read.message }] : [])),
  };
};

const isMetricDetector = (detector: AnyDetector): detector is Detector => !isLogDetector(detector);

/** Ids that the series of these detectors are stored under; those of documents that cannot be read too. */
export const seriesIdsOf = (entries: readonly DetectorEntry[]): string[] =>
  entries.flatMap(({ id, read }) => {
    if (read instanceof AppError || !isLogDetector(read)) return [id];
    return read.rates ? [rateDetectorId(id)] : [];
  });

/** @param expected version that must be there, `undefined` for none */
export const putDetector = async (
  table: Table,
  detector: AnyDetector,
  expected: number | undefined,
): Promise<PutOutcome> => {
  const item = { ...detectorKey(detector.id), version: (expected ?? 0) + 1, doc: JSON.stringify(detector) };
  return await putIf(table, item, expected);
};

export const deleteDetector = async (table: Table, id: string, expected: number): Promise<PutOutcome> =>
  await putIf(table, { ...detectorKey(id), version: expected + 1, expiresAtMs: LONG_AGO_MS }, expected);

const putIf = async (table: Table, item: Item, expected: number | undefined): Promise<PutOutcome> => {
  const condition =
    expected === undefined ? ({ kind: "absent" } as const) : ({ kind: "version", version: expected } as const);
  const [outcome] = await table.putMany([{ item, condition }]);
  return outcome!;
};

type Lister<D> = (
  table: Table,
  clock: Clock,
  maxAgeMs: number,
  onBad?: (id: string, error: AppError) => void,
) => () => Promise<readonly D[]>;

/**
 * Enabled detectors of one kind, read again when the last reading is older than `maxAgeMs`. Documents that did not
 * change stay the same objects, so that they are parsed once and what was compiled from them is kept. One that cannot
 * be read is left out, and `onBad` is told once of each.
 */
const listerOf =
  <D extends AnyDetector>(isOfKind: (detector: AnyDetector) => detector is D): Lister<D> =>
  (table, clock, maxAgeMs, onBad = () => {}) => {
    let known = new Map<string, AnyDetector | AppError>();
    let listed: readonly D[] = [];
    let readAtMs = Number.NEGATIVE_INFINITY;
    return async () => {
      const nowMs = clock();
      if (nowMs - readAtMs < maxAgeMs) return listed;
      const fresh = new Map<string, AnyDetector | AppError>();
      for await (const item of detectorItems(table, "", Number.POSITIVE_INFINITY)) {
        const text = `${item.sk} ${item.doc}`;
        const read = known.get(text) ?? readDetector(item);
        if (read instanceof AppError && !known.has(text)) onBad(item.sk, read);
        fresh.set(text, read);
      }
      known = fresh;
      listed = [...fresh.values()].filter(isEnabled).filter(isOfKind);
      readAtMs = nowMs;
      return listed;
    };
  };

const isEnabled = (read: AnyDetector | AppError): read is AnyDetector => !(read instanceof AppError) && read.enabled;

/** Those of metrics, for the scorer and for training. */
export const detectorLister = listerOf(isMetricDetector);
/** Those of logs, for the log stage. */
export const logDetectorLister = listerOf(isLogDetector);

async function* detectorItems(table: Table, after: string, limit: number): AsyncGenerator<Item> {
  let left = limit;
  let from = `${after}!`; // "!" sorts below every character of an id
  while (left > 0) {
    const pageSize = Math.min(PAGE, left);
    const page = await table.query({ pk: detectorKey("").pk, from, limit: pageSize });
    yield* page;
    if (page.length < pageSize) return;
    left -= page.length;
    from = `${page.at(-1)!.sk}!`;
  }
}

const parse = (item: Item): StoredDetector => {
  const detector = readDetector(item);
  if (detector instanceof AppError) throw detector;
  return { detector, version: item.version };
};

const readDetector = (item: Item): AnyDetector | AppError => {
  const parsed = parseAnyDetector(parseJson(item.doc));
  if (parsed.success) return parsed.data;
  const why = parsed.error.issues[0]?.message ?? "not a detector";
  return new AppError("CORRUPT", `the stored detector ${item.sk} cannot be read: ${why}`);
};

const parseJson = (text: string | undefined): unknown => {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return undefined;
  }
};
