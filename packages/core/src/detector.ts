import { z } from "zod";
import { familyOf, ModelConfig } from "./model/families.ts";
import { DriftPolicy, ReportPolicy, RetrainingPolicy } from "./policy.ts";

const featureName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_.:/-]{0,127}$/, "a feature name is a letter followed by letters, digits and _.:/-");

export const Feature = z.strictObject({
  name: featureName.optional().describe("Name of the feature in results; the metric's name unless said otherwise."),
  metric: z.string().min(1).max(256),
  aggregate: z
    .enum(["mean", "sum", "min", "max", "count", "last", "change"])
    .default("mean")
    .describe(
      "How the observations of one interval become one value; without `intervalSeconds` each observation stands alone. " +
        "`change` is the last minus the first: for levels, such as a disk's, that stay where a change has put them.",
    ),
  direction: z
    .enum(["both", "up", "down"])
    .default("both")
    .describe("Only deviations in this direction can be an anomaly."),
  minDeviation: z
    .strictObject({
      absolute: z.number().nonnegative().default(0),
      relative: z
        .number()
        .nonnegative()
        .default(0)
        .describe("Share of the expected value's magnitude: 0.1 is ten percent."),
    })
    .prefault({})
    .describe("Smaller deviations from the expected value are never an anomaly; both limits must be passed."),
});
export type Feature = z.output<typeof Feature>;

const document = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "id is lower-case letters, digits and dashes, at most 63"),
  description: z.string().max(1000).default(""),
  enabled: z.boolean().default(true),
  match: z
    .strictObject({
      type: z.literal("metric", 'is "metric" or "log"').default("metric"),
      entity: z.string().min(1).max(256).default("*").describe("A glob: `*` is any run of characters, `?` one."),
      tags: z.record(z.string(), z.string()).default({}).describe("All of these must be equal."),
    })
    .prefault({})
    .describe("Which events belong to this detector."),
  features: z
    .array(Feature)
    .min(1)
    .max(64)
    .refine(
      (features) => new Set(features.map(({ name, metric }) => name ?? metric)).size === features.length,
      "two features have one name: give one of them another `name`",
    ),
  intervalSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .optional()
    .describe(
      "Observations are aggregated over intervals of this length; absent: every observation is a row of its own.",
    ),
  latenessSeconds: z
    .int()
    .min(0)
    .max(86_400)
    .default(60)
    .describe("How much older than the newest an observation may be; later ones are counted as late and not scored."),
  missing: z
    .enum(["skip", "last", "zero", "linear"])
    .default("skip")
    .describe(
      "What a missing value or interval becomes: `skip` leaves the row out, `last` repeats the last value, `zero` puts 0, " +
        "`linear` leaves the row out and fills the window once the next value is known.",
    ),
  shingleSize: z.int().min(1).max(64).default(1).describe("Consecutive rows flattened into one vector."),
  model: ModelConfig.describe("Which model family, and its parameters; `stream` unless said otherwise."),
  /** See `score/threshold.ts` for the probability that each means. */
  sensitivity: z
    .number()
    .min(1)
    .max(10)
    .default(5)
    .describe("1: only the rarest rows are anomalies, about 8 in a million; 10: the most alarms, 3 in a hundred."),
  alarmsPerDay: z
    .number()
    .positive()
    .max(1000)
    .optional()
    .describe(
      "An alarm budget for each series, which takes the sensitivity's place from the second day on: every day (UTC) the " +
        "threshold is set to what would have alarmed in at most so many bursts a day over the last seven days.",
    ),
  closeAfterRows: z
    .int()
    .min(1)
    .max(10_000)
    .default(5)
    .describe("An incident opens with the first anomaly and closes after this many rows in a row without one."),
  drift: DriftPolicy.prefault({}),
  retraining: RetrainingPolicy.prefault({}),
  reports: ReportPolicy.prefault({}),
});
export const Detector = document.superRefine((detector, context) => {
  const { family } = detector.model;
  const { shingleSize, features } = familyOf(detector.model);
  if (shingleSize && detector.shingleSize !== 1) {
    const message = `${family} decides by itself how many rows it looks at: leave shingleSize out`;
    context.addIssue({ code: "custom", path: ["shingleSize"], message });
  }
  const count = detector.features.length;
  if (features && (count < features.min || count > features.max)) {
    const range = features.min === features.max ? `${features.min}` : `${features.min} to ${features.max}`;
    context.addIssue({ code: "custom", path: ["features"], message: `${family} takes ${range} of them, not ${count}` });
  }
});
/** What to watch and how. This schema is the only definition: types, API, documentation and defaults come from it. */
export type Detector = z.output<typeof Detector>;

export const featureNames = (detector: Pick<Detector, "features">): string[] =>
  detector.features.map((feature) => feature.name ?? feature.metric);

/** Rows of a vector: what the family wants, else what the document says. */
export const shingleSizeOf = ({ model, shingleSize }: Pick<Detector, "model" | "shingleSize">): number =>
  familyOf(model).shingleSize?.(model) ?? shingleSize;

export type TrainingConfig = Extract<Detector["model"], { minTrainingRows: number }>;
/** The model's part of a detector whose family is trained; `undefined` for the others. */
export const trainingConfig = ({ model }: Pick<Detector, "model">): TrainingConfig | undefined =>
  "minTrainingRows" in model ? model : undefined;
