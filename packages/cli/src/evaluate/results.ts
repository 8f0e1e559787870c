import { type Measures, meanMeasures } from "@tidewatch/core/evaluate/measure";
import type { Contender, Outcome } from "./contender.ts";

type Cost = Pick<Outcome, "fitSeconds" | "scoreMicrosPerRow" | "bytes">;
export type SeriesResult = { series: string; rows: number; unscoredRows: number; events: number } & Measures & Cost;
/** What one contender came to on all series; `mean` is absent when it could be applied to none. */
export type ContenderResult = Pick<Contender, "name" | "kind"> & {
  mean: (Measures & Cost) | undefined;
  series: SeriesResult[];
  skipped: { series: string; reason: string }[];
};

export const meanOf = (results: readonly SeriesResult[]): ContenderResult["mean"] => {
  if (results.length === 0) return undefined;
  return {
    ...meanMeasures(results),
    fitSeconds: meanKnown(results.map(({ fitSeconds }) => fitSeconds)),
    scoreMicrosPerRow: meanKnown(results.map(({ scoreMicrosPerRow }) => scoreMicrosPerRow))!,
    bytes: meanKnown(results.map(({ bytes }) => bytes)),
  };
};

const meanKnown = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value / known.length, 0);
};

/** `trainAnomalies`: rows of the training part that are labelled as anomalous. */
type SeriesSizes = {
  series: string;
  trainRows: number;
  trainAnomalies: number;
  rows: number;
  events: number;
  metrics: number;
};

/** Everything of a run, as `--json` prints it. */
export type Evaluation = {
  folder: string;
  sensitivity: number;
  threshold: number;
  /** The detector's, which takes the threshold's place for families; baselines know none. */
  alarmsPerDay: number | undefined;
  trainShare: number;
  series: SeriesSizes[];
  /** Not judged, because nothing says what is anomalous in them. */
  unlabelled: string[];
  contenders: ContenderResult[];
};
