import { z } from "zod";
import { SCOPES, Scope } from "./scopes.ts";

const MAX_NAME_LENGTH = 100;
/** A hundred requests a second: more than a page and a busy producer together, and a bound for one that runs wild. */
const DEFAULT_RATE_PER_MINUTE = 6000;
const MAX_RATE_PER_MINUTE = 1_000_000;
/** No control characters: names are printed on terminals. */
const NAME = /^[^\p{Cc}]+$/u;

/** What somebody asks for. */
export const NewKey = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(MAX_NAME_LENGTH)
    .regex(NAME, "must have no control characters")
    .describe("Who or what uses the key; need not be unique."),
  scopes: z
    .array(Scope)
    .min(1)
    .max(SCOPES.length)
    .describe("`ingest` puts events, `read` reads, `operate` also changes detectors, `admin` also manages keys."),
  expiresAtMs: z.int().positive().optional().describe("The key ends at this time, epoch milliseconds. Default: never."),
  ratePerMinute: z
    .int()
    .min(1)
    .max(MAX_RATE_PER_MINUTE)
    .default(DEFAULT_RATE_PER_MINUTE)
    .describe("Most requests in a minute of the clock."),
});
export type NewKey = z.output<typeof NewKey>;

/** A key as it is stored: all but its secret. */
export const ApiKey = z.strictObject({
  id: z.string(),
  name: z.string(),
  scopes: z.array(Scope),
  ratePerMinute: z.int().positive(),
  createdAtMs: z.int(),
  expiresAtMs: z.int().optional(),
  revokedAtMs: z.int().optional(),
  /** Hexadecimal; see `hashSecret`. */
  salt: z.string(),
  hash: z.string(),
});
export type ApiKey = z.output<typeof ApiKey>;

export type KeyState = "active" | "expired" | "revoked";

export const stateOf = (key: Pick<ApiKey, "expiresAtMs" | "revokedAtMs">, nowMs: number): KeyState => {
  if (key.revokedAtMs !== undefined) return "revoked";
  return key.expiresAtMs !== undefined && key.expiresAtMs <= nowMs ? "expired" : "active";
};
