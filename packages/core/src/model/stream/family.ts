import { z } from "zod";
import type { OnlineFamily } from "../family.ts";
import { decodeStates, encodeStates } from "./codec.ts";
import { rowsUntilWarm, updateFeatures } from "./features.ts";
import { freshStream, type StreamState } from "./state.ts";
import { OUTPUT_AFTER } from "./update.ts";

const config = z.strictObject({
  family: z.literal("stream").optional().default("stream"),
});

/** Learns each series row by row from its first one on; see docs/models.md. */
export const stream = {
  kind: "online",
  outputAfter: OUTPUT_AFTER,
  config,
  shingleSize: () => 1,
  fresh: (features: number): StreamState[] => Array.from({ length: features }, freshStream),
  encode: encodeStates,
  decode: decodeStates,
  rowsUntilWarm,
  update: updateFeatures,
} satisfies OnlineFamily<z.output<typeof config>, StreamState[]>;
