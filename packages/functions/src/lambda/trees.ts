import { treesHandler } from "../trees-handler.ts";
import { blobsPort } from "./ports.ts";
import { telemetryOf } from "./telemetry.ts";

const { count, observe } = telemetryOf("trees");

/** Called by the state machine, for many pieces of a forest at once. */
export const handler = observe(
  treesHandler({ blobs: blobsPort(), onReport: (trees) => count("grew trees", { Grown: trees }, {}) }),
);
