import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** Rows of an entity, cut in two by time: what is known, and what comes later with the stretches that are labelled as strange. */
export type LabelledSeries = {
  set: string;
  name: string;
  stepSeconds: number;
  startMs: number;
  columns: number;
  /** Row-major; NaN = missing. */
  past: Float64Array;
  later: Float64Array;
  isLabelled: Uint8Array;
};

/**
 * All series of a data folder: `servers/<set>/labels.json` with <entity>.{train,test}.csv.gz, `kpi/labels.json` with
 * <series>.csv.gz, and `nab/windows.json` with data/<category>/<series>.csv.gz. What has no training part is cut in half.
 */
export function* labelledSeries(root: string): Generator<LabelledSeries> {
  const servers = join(root, "servers");
  for (const set of existsSync(servers) ? readdirSync(servers) : []) {
    if (existsSync(join(servers, set, "labels.json"))) yield* serverSeries(join(servers, set), set);
  }
  if (existsSync(join(root, "kpi/labels.json"))) yield* kpiSeries(join(root, "kpi"));
  if (existsSync(join(root, "nab/windows.json"))) yield* nabSeries(join(root, "nab"));
}

type Labels = Record<string, { step_s: number; segments: [number, number][] }>;
const labelsOf = (folder: string): Labels => JSON.parse(readFileSync(join(folder, "labels.json"), "utf8"));

const cells = (file: string): string[][] =>
  gunzipSync(readFileSync(file))
    .toString()
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(","));
const numberOf = (cell: string | undefined): number => (cell ? Number(cell) : Number.NaN);

function* serverSeries(folder: string, set: string): Generator<LabelledSeries> {
  for (const [name, { step_s, segments }] of Object.entries(labelsOf(folder))) {
    const [past, later] = ["train", "test"].map((part) => cells(join(folder, `${name}.${part}.csv.gz`)));
    const columns = past![0]!.length;
    const isLabelled = new Uint8Array(later!.length);
    for (const [first, last] of segments) isLabelled.fill(1, first, last + 1);
    const flat = (rows: string[][]) => Float64Array.from(rows.flat(), numberOf);
    yield {
      ...{ set, name, stepSeconds: step_s, startMs: 0, columns },
      ...{ past: flat(past!), later: flat(later!), isLabelled },
    };
  }
}

function* kpiSeries(folder: string): Generator<LabelledSeries> {
  for (const [name, { step_s, segments }] of Object.entries(labelsOf(folder))) {
    const rows = cells(join(folder, `${name}.csv.gz`));
    const isLabelled = new Uint8Array(rows.length);
    for (const [first, last] of segments) isLabelled.fill(1, first, last + 1);
    const values = Float64Array.from(rows, (row) => numberOf(row[1]));
    yield { set: "kpi", name, ...halves(values, isLabelled), stepSeconds: step_s, startMs: Number(rows[0]![0]) * 1000 };
  }
}

function* nabSeries(folder: string): Generator<LabelledSeries> {
  const windows: Record<string, [string, string][]> = JSON.parse(readFileSync(join(folder, "windows.json"), "utf8"));
  for (const [name, ofSeries] of Object.entries(windows)) {
    const rows = cells(join(folder, "data", `${name}.gz`));
    const times = rows.map(([time]) => Date.parse(`${time!.replace(" ", "T")}Z`));
    const bounds = ofSeries.map((window) =>
      window.map((time) => Date.parse(`${time.slice(0, 19).replace(" ", "T")}Z`)),
    );
    const isLabelled = Uint8Array.from(times, (time) =>
      bounds.some(([first, last]) => time >= first! && time <= last!) ? 1 : 0,
    );
    const steps = times.slice(1).map((time, row) => (time - times[row]!) / 1000);
    const stepSeconds = steps.sort((a, b) => a - b)[steps.length >> 1]!;
    const values = Float64Array.from(rows, (row) => numberOf(row[1]));
    yield { set: "nab", name, ...halves(values, isLabelled), stepSeconds, startMs: times[0]! };
  }
}

const halves = (values: Float64Array, isLabelled: Uint8Array) => {
  const half = values.length >> 1;
  return { columns: 1, past: values.slice(0, half), later: values.slice(half), isLabelled: isLabelled.slice(half) };
};
