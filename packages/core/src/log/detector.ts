import { z } from "zod";
import { patternFormat } from "./line/pattern.ts";
import { findKeys } from "./session/keys.ts";

/** What `make` throws becomes the field's error. */
const checkedBy = (make: (text: string) => unknown) => (text: string, context: z.RefinementCtx) => {
  try {
    make(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
  }
};

const SessionKey = z.union([
  z.strictObject({
    pattern: z
      .string()
      .min(1)
      .superRefine(checkedBy((pattern) => findKeys({ pattern })))
      .describe(
        "A regular expression of RE2's kind; its first group, or the whole match, is a key. A line may have 16.",
      ),
  }),
  z.strictObject({
    field: z.string().min(1).max(256).describe("The field of structured lines (JSON, logfmt, …) that holds the key."),
  }),
]);

/** How the lines of a log become templates, sessions and verdicts. The only definition, as `Detector` is for metrics. */
export const LogDetector = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "id is lower-case letters, digits and dashes, at most 63"),
  description: z.string().max(1000).default(""),
  enabled: z.boolean().default(true),
  match: z
    .strictObject({
      type: z.literal("log"),
      entity: z.string().min(1).max(256).default("*").describe("A glob: `*` is any run of characters, `?` one."),
      tags: z.record(z.string(), z.string()).default({}).describe("All of these must be equal."),
    })
    .describe("Which events belong to this detector."),
  format: z
    .string()
    .min(1)
    .max(1000)
    .default("auto")
    .superRefine(
      checkedBy((format) => {
        if (format !== "auto" && format !== "plain") patternFormat(format);
      }),
    )
    .describe(
      "How a line's header is split off: `auto` finds it line by line, `plain` has none, or an example such as " +
        "`<Date> <Time> <Level> <Component>: <Content>`.",
    ),
  session: z
    .strictObject({
      key: SessionKey.optional().describe("Absent: the event's own `session`."),
      idleSeconds: z
        .int()
        .min(1)
        .max(7 * 86_400)
        .default(1800)
        .describe("A session ends after so long a silence of its key."),
      quietSeconds: z
        .int()
        .min(1)
        .max(7 * 86_400)
        .optional()
        .describe(
          "After so long a silence an open session is judged as if it had ended, for sessions that take hours: what it lacks " +
            "by then is told, and taken back if later lines bring it. Less than `idleSeconds`.",
        ),
      maxLines: z.int().min(1).max(100_000).default(10_000).describe("… or with so many lines."),
      training: z
        .enum(["normal", "unlabelled"])
        .default("unlabelled")
        .describe(
          "Whether every session that is learnt from is known to be normal, or a few anomalies may be among them.",
        ),
      minTrainingSessions: z.int().min(20).max(100_000).default(1000),
      maxTrainingSessions: z.int().min(20).max(1_000_000).default(50_000),
    })
    .refine(({ quietSeconds = 0, idleSeconds }) => quietSeconds < idleSeconds, {
      path: ["quietSeconds"],
      message: "quietSeconds must be less than idleSeconds",
    })
    .prefault({})
    .describe("Lines of one key are a session. Lines without a key belong to none."),
  rates: z
    .strictObject({
      intervalSeconds: z.int().min(1).max(86_400).default(300),
      sensitivity: z.number().min(1).max(10).default(5),
      maxTemplates: z
        .int()
        .min(1)
        .max(1000)
        .default(200)
        .describe("Templates beyond the first so many have no series of their own: each costs a write per batch."),
    })
    .optional()
    .describe("Counts lines of each template per interval, and watches each count as the metric `lines` of a series."),
});
export type LogDetector = z.output<typeof LogDetector>;

/** What a model of sessions is called where families of models are named: no detector can choose it. */
export const LOG_FAMILY = "log-sessions";

/** Series of a log detector's template rates have the template's id as entity, and belong to this detector. */
export const rateDetectorId = (id: string): string => `${id}.rates`;
