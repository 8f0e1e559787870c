import type { KinesisStreamEvent } from "aws-lambda";
import { stopwatch } from "./measure.ts";

export type Handler = (event: KinesisStreamEvent) => Promise<unknown>;

/** Batches before the compiler is warm. */
export const WARM_UP = 5;
const THOUSAND = 1000;

/** Mean CPU milliseconds of an invocation with each of these batches, the first ones left out. */
export const measureBatches = async (handler: Handler, batches: readonly KinesisStreamEvent[]): Promise<number> => {
  const payloads = batches.map((batch) => JSON.stringify(batch));
  // Lambda parses the payload in the function's own time.
  const invoke = (payload: string) => handler(JSON.parse(payload) as KinesisStreamEvent);
  for (const payload of payloads.slice(0, WARM_UP)) await invoke(payload);
  const time = stopwatch();
  for (const payload of payloads.slice(WARM_UP)) await invoke(payload);
  return (time().cpuSeconds * THOUSAND) / (payloads.length - WARM_UP);
};
