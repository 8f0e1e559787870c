import { setTimeout as sleep } from "node:timers/promises";
import type { Job } from "@tidewatch/core/backtest/job";
import type { BacktestResult } from "@tidewatch/core/backtest/result";
import { AppError } from "@tidewatch/core/errors";
import { getMetricDetector } from "@tidewatch/core/store/detectors";
import { httpClient, type Server } from "../http/client.ts";
import { type Progress, progress, thousands } from "../output/progress.ts";
import { openStores, type StoresPlace } from "../stores.ts";
import { backtestText } from "./text.ts";

export type BacktestOptions = Server & {
  detector: string;
  model: { name: string; version: number };
  from: number;
  to?: number;
  directory?: string;
  table?: string;
  bucket?: string;
  json?: true;
};

/** How often a server is asked how far it is. */
const ASK_MS = 400;

/** `tidewatch backtest`: on this machine over the stores themselves, or as a job of a server. */
export const runBacktest = async ({ json, ...options }: BacktestOptions): Promise<void> => {
  const wish = wishOf(options);
  const place = placeOf(options);
  const bar = progress();
  const result = await (place ? here(place, wish, bar) : atServer(options, wish, bar)).finally(() => bar.clear());
  console.log(json ? JSON.stringify(result, null, 2) : backtestText(result));
};

type Wish = { detector: string; model: { name: string; version: number }; fromMs: number; toMs: number };

const wishOf = ({ detector, model, from, to = Date.now() }: BacktestOptions): Wish => {
  if (from >= to) throw new AppError("VALIDATION", "The range is empty: --to must be later than --from.");
  return { detector, model, fromMs: from, toMs: to };
};

const placeOf = ({ directory, table, bucket }: BacktestOptions): StoresPlace | undefined => {
  if (directory !== undefined) return { directory };
  if (table !== undefined && bucket !== undefined) return { table, bucket };
  if (table === undefined && bucket === undefined) return undefined;
  throw new AppError("VALIDATION", "--table and --bucket go together: rows are in the one, models in the other.");
};

const here = async (place: StoresPlace, wish: Wish, bar: Progress): Promise<BacktestResult> => {
  const [{ backtest }, { onnxRuntime }] = await Promise.all([
    import("@tidewatch/core/backtest/backtest"),
    import("@tidewatch/functions/onnx-runtime"),
  ]);
  const stores = await openStores(place);
  try {
    const stored = await getMetricDetector(stores.table, wish.detector);
    if (!stored) throw new AppError("NOT_FOUND", `There is no detector "${wish.detector}".`);
    return await backtest(
      { ...stores, runtime: onnxRuntime() },
      { ...wish, detector: stored.detector },
      { onRows: (rows) => bar.update(() => `${thousands(rows)} rows scored again`) },
    );
  } finally {
    stores.close();
  }
};

const atServer = async (server: Server, wish: Wish, bar: Progress): Promise<BacktestResult> => {
  const client = httpClient(server);
  const { detector, fromMs, toMs } = wish;
  const body = JSON.stringify({ model: `${wish.model.name}@${wish.model.version}`, fromMs, toMs });
  let job = (await client.request("POST", `/v1/detectors/${encodeURIComponent(detector)}/backtest`, { body })) as Job;
  while (job.state === "queued" || job.state === "running") {
    const { series, ofSeries, rows } = job.progress;
    bar.update(() => `${series} of ${ofSeries} series, ${thousands(rows)} rows scored again`);
    await sleep(ASK_MS);
    job = (await client.request("GET", `/v1/jobs/${job.id}`)) as Job;
  }
  if (job.state === "done" && job.result) return job.result;
  throw new AppError("CONFLICT", `The backtest failed: ${job.error ?? "the server does not say why"}`);
};
