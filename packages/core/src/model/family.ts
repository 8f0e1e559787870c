import { z } from "zod";
import type { Dataset } from "./dataset.ts";
import type { Manifest } from "./manifest.ts";
import type { GrowTrees } from "./random-forest/grow.ts";

/**
 * A model family in a detector's eyes: how it is configured, how many rows it looks at, and how it comes to a model.
 * Each has one folder with a `family.ts` that holds one of these, and one line in `families.ts`. All families share how
 * a row becomes a vector (`feature/extract.ts`: the window, scaled by the manifest) and what scores mean
 * (`calibration.ts`: tail probability on reference scores), so that one sensitivity means the same for each.
 */
export type Family<Config = FamilyConfig> = TrainedFamily<Config> | OnlineFamily<Config> | ImportedFamily<Config>;

/** Any family's part of a detector, after parsing. */
export type FamilyConfig = { family: string };

type FamilyBase<Config> = {
  /** Schema of a detector's `model` with this family: a strict object with the literal `family`. */
  config: z.ZodObject;
  /** Rows of a vector, where the family decides it; absent: the detector's `shingleSize`. */
  shingleSize?(config: Config): number;
  /** Features that it takes; absent: any number. */
  features?: { min: number; max: number };
};

/** Learns from the rows of all series of a detector, and is served as an ONNX file. */
export type TrainedFamily<Config = FamilyConfig> = FamilyBase<Config> & {
  kind: "trained";
  /** Its manifests hold a process for each feature (`linear/stored.ts`), from which any number of steps can be forecast. */
  forecasts?: true;
  /** `labels`: only rows that have one teach it, and there must be some of both kinds; absent: all rows do. */
  learnsFrom?: "labels";
  /** Loaded when something is trained: scoring needs none of it. */
  trainer(): Promise<Trainer<Config>>;
};

/** Fits and exports. Pure: the same dataset, configuration and seed give the same bytes. */
// biome-ignore lint/suspicious/noExplicitAny: each family has a model type of its own, which nobody else looks at.
export type Trainer<Config = FamilyConfig, Model = any> = {
  /** Throws `VALIDATION`, saying what is missing, when the dataset is too small or unfit. */
  fit(dataset: Dataset, config: Config, seed: number, threads?: Threads): Model | Promise<Model>;
  export(model: Model): ModelFile;
};

/**
 * Work that the machine at hand can spread over its processors; what it gives is the same. Absent: done where it is
 * called.
 */
export type Threads = { growTrees: GrowTrees };

/** What a model is served from. */
export type ModelFile = Pick<Manifest, "params" | "scaling" | "ranges"> & {
  /** Takes `rows`, gives `scores` and perhaps more: see `ModelOutput`. */
  onnx: Uint8Array;
  /** Raw scores as new rows of the same kind would get them: what calibration is made of. */
  referenceScores: Float64Array;
  /** Least rise of the raw score for which a row counts as e times rarer, where the family knows one. */
  leastTailScale?: number;
  /** Vectors that it learnt from, and the times of the first and the last of them. */
  trainingRows: number;
  trainingSpanMs: readonly [number, number];
};

/** Learns row by row in the state of each series: no training, no file. */
// biome-ignore lint/suspicious/noExplicitAny: each family has a state of its own, which nobody else looks at.
export type OnlineFamily<Config = FamilyConfig, State = any> = FamilyBase<Config> & {
  kind: "online";
  /** Rows that it learns before it scores. */
  outputAfter: number;
  fresh(features: number): State;
  encode(state: State): Uint8Array;
  /** Throws `CORRUPT`. @param what names the bytes in errors */
  decode(bytes: Uint8Array, features: number, what: string): State;
  /** Rows that it still has to learn before it scores: 0 once it does. */
  rowsUntilWarm(state: State): number;
  /**
   * Scores the row whose values begin at `at`, then learns it, but nothing of a lasting fault; NaN is missing. The same rows,
   * times and thresholds give the same state.
   */
  update(state: State, values: Float64Array, at: number, row: OnlineContext, out: OnlineVerdict): void;
};
export type OnlineContext = { timestampMs: number; threshold: number };
/** What an online family says of a row; one object is filled again and again. Arrays have a value per feature. */
export type OnlineVerdict = {
  score: number;
  /** The score that the row would have if the trouble had not been reported yet: says whether it lasts. */
  evidence: number;
  expected: Float64Array;
  lower: Float64Array;
  upper: Float64Array;
  /** Share of the score; they sum to 1. */
  shares: Float64Array;
};

/** Made elsewhere: nothing is ever trained. */
export type ImportedFamily<Config = FamilyConfig> = FamilyBase<Config> & { kind: "imported" };

/** Part of the configuration of every trained family. */
export const TRAINING_CONFIG = {
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(1),
  minTrainingRows: z
    .int()
    .min(16)
    .default(600)
    .describe("Rows, over all series of the detector, that training waits for."),
  maxTrainingRows: z.int().min(16).max(10_000_000).default(200_000).describe("The most rows that training uses."),
};
