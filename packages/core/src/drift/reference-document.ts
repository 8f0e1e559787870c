import { z } from "zod";
import { AppError } from "../errors.ts";
import type { Blobs } from "../store/ports.ts";

const StatisticReferenceDoc = z.strictObject({
  profile: z.array(z.number()).length(24),
  limit: z.number().positive(),
  rms: z.number().positive(),
  freedom: z.int().positive(),
  tail: z.array(z.number().nullable()),
});

/** What a detector's rows did while its model learnt, as it is kept in a file beside the model. Immutable. */
export const ReferenceDoc = z.strictObject({
  format: z.literal(1),
  detector: z.string(),
  /** 0 for a family that learns by itself. */
  modelVersion: z.int().min(0),
  rowsHash: z.string(),
  fromMs: z.int(),
  /** Exclusive; whole days after `fromMs`. */
  toMs: z.int(),
  features: z.array(z.string()),
  /** The series that are watched, each with the place and spread of its features; `null` for one that had no value. */
  series: z.array(
    z.strictObject({
      entity: z.string(),
      scaling: z.array(z.strictObject({ center: z.number(), scale: z.number().positive() }).nullable()),
    }),
  ),
  /** All series there were, watched or not, in byte order: what is not among them is new. */
  entities: z.array(z.string()),
  /** `feature` is absent for the volume and the scores. */
  tracks: z.array(
    z.strictObject({
      feature: z.string().optional(),
      statistic: z.enum(["level", "noise", "volume", "missing", "score"]),
      reference: StatisticReferenceDoc,
    }),
  ),
});
export type ReferenceDoc = z.output<typeof ReferenceDoc>;
export type ReferenceTrack = ReferenceDoc["tracks"][number];

/** What the limits of an entity's scores are; kept with the state when the model's own reference has none. */
export const ScoreReference = StatisticReferenceDoc;

/** Writes it unless it is there: who comes second, after a crash or at the same time, uses what the first one wrote. */
export const keepReference = async (blobs: Blobs, key: string, reference: ReferenceDoc): Promise<ReferenceDoc> => {
  const bytes = new TextEncoder().encode(JSON.stringify(reference));
  return (await blobs.putIfAbsent(key, bytes)) ? reference : await loadReference(blobs, key);
};

/** @throws AppError CORRUPT for a file that is missing or not what was written */
export const loadReference = async (blobs: Blobs, key: string): Promise<ReferenceDoc> => {
  const bytes = await blobs.get(key);
  try {
    return ReferenceDoc.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (error) {
    const why = bytes ? "cannot be read" : "is missing";
    throw new AppError("CORRUPT", `the drift reference ${key} ${why}`, { cause: error });
  }
};
