import { z } from "zod";
import { LOG_FAMILY } from "../log/detector.ts";

/** Files of a version besides its manifest; `forest.bin` only where labels taught one. */
export const LOG_FILES = ["templates.bin", "sessions.json", "forest.bin"] as const;
export type LogFile = (typeof LOG_FILES)[number];

const StoredFile = z.strictObject({ bytes: z.int().nonnegative(), sha256: z.string() });

/** Says what a log detector's model was made of and what its files are. Immutable. */
export const LogManifest = z.strictObject({
  format: z.literal(1),
  family: z.literal(LOG_FAMILY),
  /** Registered model name: the detector's id. */
  name: z.string(),
  version: z.int().positive(),
  /** Who made it: training from the detector's own sessions, or somebody with a file of lines. */
  source: z.enum(["pipeline", "file"]),
  /** Whether the sessions were known to be normal, or a few anomalies may have been among them. */
  training: z.enum(["normal", "unlabelled"]),
  /** `definitionHash` of the detector that it was made for. In a folder it has none yet: the import says it. */
  definition: z.string().default(""),
  trainedAtMs: z.int(),
  trainingSessions: z.int(),
  trainingFromMs: z.number(),
  trainingToMs: z.number(),
  /** Items of ended sessions that could not be read and were left out. */
  unreadableItems: z.int().nonnegative().default(0),
  /** Sessions that had a label; `hash` is that of all labels of the detector, empty without any. */
  labels: z.strictObject({ anomalous: z.int(), normal: z.int(), hash: z.string() }),
  decidedBy: z.enum(["labels", "signatures", "rules"]),
  metrics: z.strictObject({
    templates: z.int(),
    /** Share of the training sessions that have a normal signature. */
    coverage: z.number(),
    signatures: z.int(),
    normalSignatures: z.int(),
    /** Share of the trees' votes from which on a session is anomalous, where labels decide. */
    threshold: z.number().optional(),
  }),
  seed: z.int(),
  files: z.strictObject({
    "templates.bin": StoredFile,
    "sessions.json": StoredFile,
    "forest.bin": StoredFile.optional(),
  }),
});
export type LogManifest = z.output<typeof LogManifest>;
