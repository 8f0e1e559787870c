import { z } from "zod";
import type { Detector } from "../detector.ts";
import { AppError } from "../errors.ts";
import { canonicalJson, shortHash } from "../feature/hash.ts";
import { loadManifest } from "../register/models.ts";
import { getMetricDetector } from "../store/detectors.ts";
import { jobKey, seriesListKey } from "../store/keys.ts";
import type { Blobs, Clock, Item, ModelRuntime, Table } from "../store/ports.ts";
import { backtest } from "./backtest.ts";
import { checkHasVersions, checkVersion } from "./check-version.ts";
import { BacktestResult } from "./result.ts";

/** Results are kept so long; whoever wants them longer keeps the answer. */
const KEPT_MS = 30 * 24 * 3_600_000;
/** Progress is written no more often: each write is some ten kilobytes. */
const WRITE_EVERY_MS = 1000;
const PAGE = 1000;

export const BacktestWish = z.strictObject({
  detector: z.string(),
  model: z.strictObject({ name: z.string(), version: z.int().positive() }),
  fromMs: z.int().min(0),
  toMs: z.int().min(0),
});
export type BacktestWish = z.output<typeof BacktestWish>;

/** Work that a request has started. A restart goes on with it behind the last series that is in `result`. */
export const Job = z.strictObject({
  id: z.string(),
  kind: z.literal("backtest"),
  state: z.enum(["queued", "running", "done", "failed"]),
  wish: BacktestWish,
  createdAtMs: z.int(),
  updatedAtMs: z.int(),
  /** `series` of `ofSeries` are done. */
  progress: z.strictObject({ series: z.int(), ofSeries: z.int(), rows: z.int() }),
  /** Times that it was begun: above 1 after a restart. */
  attempts: z.int(),
  /** Of what is done so far. */
  result: BacktestResult.optional(),
  error: z.string().optional(),
});
export type Job = z.output<typeof Job>;
/** `failures`: in a row, of what may pass. */
const JobDoc = Job.extend({ after: z.string().optional(), failures: z.int().default(0) });
type JobDoc = z.output<typeof JobDoc>;

export type JobPorts = { table: Table; blobs: Blobs; runtime: ModelRuntime; clock: Clock };

/**
 * Writes down that a backtest is wanted; `runJob` does it.
 * @throws AppError NOT_FOUND, VALIDATION, for what no backtest can be made of
 */
export const orderBacktest = async (
  { table, blobs, clock }: Pick<JobPorts, "table" | "blobs" | "clock">,
  wish: BacktestWish,
): Promise<Job> => {
  if (wish.fromMs >= wish.toMs) throw new AppError("VALIDATION", "The range is empty: `to` must be later than `from`.");
  const detector = await detectorOf(table, wish.detector);
  checkHasVersions(detector);
  checkVersion(detector, await loadManifest({ blobs }, wish.model.name, wish.model.version));
  const nowMs = clock();
  const id = shortHash(canonicalJson({ kind: "backtest", ...wish, nowMs }));
  const progress = { series: 0, ofSeries: 0, rows: 0 };
  const times = { createdAtMs: nowMs, updatedAtMs: nowMs };
  const doc: JobDoc = { id, kind: "backtest", state: "queued", wish, ...times, progress, attempts: 0, failures: 0 };
  await table.putMany([{ item: itemOf(doc, 1), condition: { kind: "absent" } }]);
  return shown(doc);
};

/** `undefined` when there is none, or none any more. */
export const readJob = async (table: Table, id: string): Promise<Job | undefined> => {
  const [item] = await table.getMany([jobKey(id)]);
  return item && shown(docOf(item));
};

/** Ids of what was not finished: of a server that starts, what it has to go on with. One that cannot be read is left out. */
export const openJobs = async (table: Table): Promise<string[]> => {
  const items = await table.query({ pk: jobKey("").pk, limit: PAGE });
  return items.flatMap((item) => {
    const { success, data } = JobDoc.safeParse(JSON.parse(item.doc ?? "null"));
    return success && (data.state === "queued" || data.state === "running") ? [data.id] : [];
  });
};

/**
 * Does a job, or goes on with it. What fails is written down and not thrown, unless it may pass: then the job is `running` still,
 * to be called again. One that another call took is left to it.
 * @param untilMs when it leaves off, behind the series that it is at: the job is `running` then, and another call goes on
 */
export const runJob = async (
  ports: JobPorts,
  id: string,
  untilMs = Number.POSITIVE_INFINITY,
): Promise<Job | undefined> => {
  const { table, clock } = ports;
  const [item] = await table.getMany([jobKey(id)]);
  if (!item) return undefined;
  let doc = docOf(item);
  let { version } = item;
  const takenOver = new AppError("CONFLICT", `job ${id} is done by somebody else`);
  if (doc.state === "done" || doc.state === "failed") return shown(doc);
  const write = async (parts: Partial<JobDoc>): Promise<void> => {
    doc = { ...doc, ...parts, updatedAtMs: clock() };
    const condition = { kind: "version", version } as const;
    const [outcome] = await table.putMany([{ item: itemOf(doc, version + 1), condition }]);
    if (outcome === "conflict") throw takenOver;
    version++;
  };
  try {
    await write({ state: "running", attempts: doc.attempts + 1 });
    const detector = await detectorOf(table, doc.wish.detector);
    await write({ state: "done", ...(await work(ports, detector, doc, { write, untilMs })) });
  } catch (error) {
    if (error === takenOver) return undefined;
    if (error === TIME_IS_UP) return shown(doc);
    const failures = doc.failures + 1;
    if (isPassing(error) && failures < FAILURES_MAX) {
      await write({ failures });
      return shown(doc);
    }
    await write({ state: "failed", error: error instanceof Error ? error.message : String(error) });
  }
  return shown(doc);
};

/** A store that is away comes back, mostly: the job stays open, and goes on behind its last series. */
const FAILURES_MAX = 5;
const isPassing = (error: unknown): boolean => error instanceof AppError && error.code === "UNAVAILABLE";

const TIME_IS_UP = new AppError("UNAVAILABLE", "the job goes on another time");

const detectorOf = async (table: Table, id: string): Promise<Detector> => {
  const stored = await getMetricDetector(table, id);
  if (!stored) throw new AppError("NOT_FOUND", `There is no detector "${id}".`);
  return stored.detector;
};

const work = async (
  ports: JobPorts,
  detector: Detector,
  { wish, after, result }: JobDoc,
  { write, untilMs }: { write: (parts: Partial<JobDoc>) => Promise<void>; untilMs: number },
): Promise<Pick<JobDoc, "result" | "progress">> => {
  const ofSeries = await countSeries(ports.table, wish.detector);
  let series = after === undefined ? 0 : await countSeries(ports.table, wish.detector, after);
  let writtenMs = ports.clock();
  const whole = await backtest(
    ports,
    { ...wish, detector },
    {
      before: after !== undefined && result ? { after, result } : undefined,
      async onProgress(done) {
        series++;
        const isOver = ports.clock() >= untilMs;
        if (!isOver && ports.clock() - writtenMs < WRITE_EVERY_MS) return;
        writtenMs = ports.clock();
        await write({ ...done, failures: 0, progress: { series, ofSeries, rows: done.result.rows } });
        if (isOver) throw TIME_IS_UP;
      },
    },
  );
  return { result: whole, progress: { series, ofSeries, rows: whole.rows } };
};

/** Series of a detector, up to this one. */
const countSeries = async (table: Table, detectorId: string, to?: string): Promise<number> => {
  let found = 0;
  let from = "";
  for (;;) {
    const page = await table.query({
      ...{ pk: seriesListKey(detectorId, "").pk, from, limit: PAGE },
      ...(to !== undefined && { to }),
    });
    found += page.length;
    if (page.length < PAGE) return found;
    from = `${page.at(-1)!.sk}\u0000`;
  }
};

const docOf = (item: Item): JobDoc => JobDoc.parse(JSON.parse(item.doc ?? "null"));
const itemOf = (doc: JobDoc, version: number): Item => ({
  ...{ ...jobKey(doc.id), version, doc: JSON.stringify(doc) },
  expiresAtMs: doc.createdAtMs + KEPT_MS,
});

/** Where it goes on is nobody's business. */
const shown = ({ after: _, failures: __, ...job }: JobDoc): Job => job;
