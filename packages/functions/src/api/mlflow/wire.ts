import { z } from "zod";
import { MISSING } from "./failure.ts";

/** How protobuf's JSON writes what MLflow's messages hold. Clients send 64-bit integers as numbers or as text. */

export const text = z.string({ error: ({ input }) => (input === undefined ? MISSING : "must be a string") });

/** A string that must be there, and say something. */
export const required = text.min(1, MISSING);

const SAFE = "must be a whole number below 2^53";
export const int64 = z
  .union(
    [
      z.number(),
      z
        .string()
        .regex(/^[+-]?\d+$/)
        .transform(Number),
    ],
    {
      error: ({ input }) => (input === undefined ? MISSING : SAFE),
    },
  )
  .pipe(z.int(SAFE));

/** NaN and infinite values are words there. */
export const double = z.union(
  [
    z.number(),
    z.literal(["NaN", "Infinity", "-Infinity"]).transform(Number),
    z
      .string()
      .regex(/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/)
      .transform(Number),
  ],
  { error: ({ input }) => (input === undefined ? MISSING : "must be a number") },
);
export const doubleOut = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

/** One or many: a query names a list's only value like any other value. */
export const repeated = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]), z.array(schema));

const KeyValue = z.object({ key: required, value: text.default("") });
export const keyValues = repeated(KeyValue).transform((all) =>
  Object.fromEntries(all.map(({ key, value }) => [key, value])),
);
export const keyValuesOut = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([key, value]) => ({ key, value }));

const VIEWS = ["ACTIVE_ONLY", "DELETED_ONLY", "ALL"] as const;
const STAGES = { ACTIVE_ONLY: ["active"], DELETED_ONLY: ["deleted"], ALL: ["active", "deleted"] } as const;
/** Which life-cycle stages are wanted; sent by name or by number. */
export const viewType = z
  .preprocess(
    (value) => (/^[123]$/.test(String(value)) ? VIEWS[Number(value) - 1] : value),
    z.enum(VIEWS).default("ACTIVE_ONLY"),
  )
  .transform((view) => STAGES[view]);

/** @param most what a client may ask for at once */
export const maxResults = (usual: number, most: number) =>
  z
    .preprocess((value) => value ?? usual, int64)
    .pipe(z.number().min(1, "must be 1 or more").max(most, `must be ${most} or less`));

export const pageToken = z
  .string()
  .optional()
  .transform((token) => (token ? Buffer.from(token, "base64url").toString() : undefined));
export const tokenOut = (after: string | number | undefined): string | undefined =>
  after === undefined ? undefined : Buffer.from(String(after)).toString("base64url");
