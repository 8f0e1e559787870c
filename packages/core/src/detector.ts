import { z } from "zod";

const featureName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_.:/-]{0,127}$/, "a feature name is a letter followed by letters, digits and _.:/-");

export const Feature = z.strictObject({
  /** Name of the feature in results; the metric's name unless said otherwise. */
  name: featureName.optional(),
  metric: z.string().min(1).max(256),
  /**
   * How the observations of one interval become one value; without `intervalSeconds` each observation stands alone.
   * `change` is the last minus the first: for levels, such as a disk's, that stay where a change has put them.
   */
  aggregate: z.enum(["mean", "sum", "min", "max", "count", "last", "change"]).default("mean"),
  /** Only deviations in this direction can be an anomaly. */
  direction: z.enum(["both", "up", "down"]).default("both"),
  /** Deviations from the expected value smaller than this are never an anomaly; both limits must be passed. */
  minDeviation: z
    .strictObject({
      absolute: z.number().nonnegative().default(0),
      /** Share of the expected value's magnitude: 0.1 is ten percent. */
      relative: z.number().nonnegative().default(0),
    })
    .prefault({}),
});
export type Feature = z.output<typeof Feature>;

export const Detector = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "id is lower-case letters, digits and dashes, at most 63"),
  description: z.string().max(1000).default(""),
  enabled: z.boolean().default(true),
  /** Which events belong to this detector. `entity` is a glob: `*` any run of characters, `?` one. All tags must be equal. */
  match: z
    .strictObject({
      type: z.literal("metric").default("metric"),
      entity: z.string().min(1).max(256).default("*"),
      tags: z.record(z.string(), z.string()).default({}),
    })
    .prefault({}),
  features: z.array(Feature).min(1).max(64),
  /** Observations are aggregated over intervals of this length; absent: every observation is a row of its own. */
  intervalSeconds: z.int().min(1).max(86_400).optional(),
  /** How much older than the newest one an observation may be; later ones are counted as late and not scored. */
  latenessSeconds: z.int().min(0).max(86_400).default(60),
  /**
   * What a missing value or interval becomes: `skip` leaves the row out, `last` repeats the last value, `zero` puts 0,
   * `linear` leaves the row out and fills the window once the next value is known.
   */
  missing: z.enum(["skip", "last", "zero", "linear"]).default("skip"),
  /** Consecutive rows flattened into one vector. */
  shingleSize: z.int().min(1).max(64).default(1),
  model: z
    .strictObject({
      family: z.literal("isolation-forest").default("isolation-forest"),
      /** Trees and rows per tree: the defaults of the paper (Liu, Ting, Zhou 2008, section 4.2). */
      trees: z.int().min(1).max(1000).default(100),
      sampleSize: z.int().min(2).max(65_536).default(256),
      seed: z
        .int()
        .min(0)
        .max(2 ** 31 - 1)
        .default(1),
      /** Rows (over all series of the detector) that training waits for, and the most that it uses. */
      minTrainingRows: z.int().min(16).default(600),
      maxTrainingRows: z.int().min(16).max(10_000_000).default(200_000),
    })
    .prefault({}),
  /** 1 = only the rarest rows, 10 = the most alarms; see `score/threshold.ts` for the probability that each means. */
  sensitivity: z.number().min(1).max(10).default(5),
  /** An incident opens with the first anomaly and closes after this many rows in a row without one. */
  closeAfterRows: z.int().min(1).max(10_000).default(5),
});
/** What to watch and how. This schema is the only definition: types, API, documentation and defaults come from it. */
export type Detector = z.output<typeof Detector>;

export const featureNames = (detector: Pick<Detector, "features">): string[] =>
  detector.features.map((feature) => feature.name ?? feature.metric);
