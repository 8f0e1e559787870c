import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { AppError } from "@tidewatch/core/errors";
import { z } from "zod";
import { parseJson } from "../input/detector-file.ts";
import type { SeriesFiles } from "./folder.ts";

/** From and to, both part of the event: row numbers of the judged file (from 0), or times. */
type Span = readonly [number, number] | readonly [string, string];
/** What a label file says of a series. */
export type SeriesLabels = {
  file: string;
  spans: readonly Span[];
  intervalSeconds: number | undefined;
  rows: number | undefined;
};

const Spans = z.array(z.union([z.tuple([z.int().min(0), z.int().min(0)]), z.tuple([z.string(), z.string()])]));
const LabelFile = z.record(
  z.string(),
  z.union([
    Spans,
    z.looseObject({ segments: Spans, step_s: z.number().positive().optional(), rows: z.int().optional() }),
  ]),
);
const RULE = [
  "a label file is {series: [[from, to], …]}, or {series: {segments: [[from, to], …], step_s, rows}}",
  "from and to are row numbers (from 0) or times in quotes",
].join("; ");

/** Usual names of label files, Numenta's among them. */
const LABEL_FILES = ["labels.json", "windows.json", "combined_windows.json"];

export type LabelSource = {
  /** `undefined` when no label file names the series. */
  of(series: SeriesFiles): Promise<SeriesLabels | undefined>;
  /** Names in the label files that no series asked for. */
  unused(): string[];
};

/** @param given the one label file to use; otherwise the nearest one above each series, up to the folder, counts */
export const labelSource = (folder: string, given: string | undefined): LabelSource => {
  const read = new Map<string, Promise<Labels>>();
  const readOnce = (path: string) => {
    if (!read.has(path)) read.set(path, readLabels(path));
    return read.get(path)!;
  };
  const opened: Labels[] = [];
  return {
    async of(series) {
      const path = given ?? nearest(folder, dirname(series.judged));
      if (path === undefined) return undefined;
      const labels = await readOnce(path);
      if (!opened.includes(labels)) opened.push(labels);
      const base = given ? folder : dirname(path);
      const name = relative(base, join(folder, series.name)).replaceAll("\\", "/");
      return labels.take(name);
    },
    unused: () => opened.flatMap(({ file, unused }) => unused().map((name) => `${name} (${file})`)),
  };
};

const nearest = (folder: string, from: string): string | undefined => {
  const found = LABEL_FILES.map((name) => join(from, name)).filter((path) => existsSync(path));
  if (found.length > 1) {
    throw new AppError("VALIDATION", `${found.join(" and ")}: which holds the labels? Say so with --labels.`);
  }
  if (found[0] || resolve(from) === resolve(folder)) return found[0];
  return nearest(folder, dirname(from));
};

type Labels = { file: string; take(name: string): SeriesLabels | undefined; unused(): string[] };

const readLabels = async (file: string): Promise<Labels> => {
  const parsed = LabelFile.safeParse(parseJson(file, await readFile(file, "utf8")));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AppError("VALIDATION", `${file}, ${issue!.path.join(".") || "at its top"}: ${RULE}.`);
  }
  const entries = Object.entries(parsed.data).map(([key, value]) => ({ key, name: stemOf(key), value }));
  const takenBy = new Map<string, string>();
  return {
    file,
    take(name) {
      // "data/cpu/web" is the series that a file calls "cpu/web.csv": names are compared from their end.
      const matching = entries.filter((entry) => name === entry.name || name.endsWith(`/${entry.name}`));
      const [longest] = matching.sort((a, b) => b.name.length - a.name.length);
      if (!longest) return undefined;
      const { key, value } = longest;
      const other = takenBy.get(key);
      if (other !== undefined) {
        throw new AppError("VALIDATION", `${file}: "${key}" could be ${other} or ${name}; write the whole path.`);
      }
      takenBy.set(key, name);
      const { segments, step_s, rows } = Array.isArray(value) ? { segments: value } : value;
      return { file, spans: segments as readonly Span[], intervalSeconds: step_s, rows };
    },
    unused: () => entries.filter(({ key }) => !takenBy.has(key)).map(({ key }) => key),
  };
};

const stemOf = (key: string): string => key.replace(/(\.test)?(\.csv)?(\.gz)?$/, "");
