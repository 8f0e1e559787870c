import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { CollectedEvent } from "../collect/collect.ts";
import type { Episode } from "./evaluate.ts";

export type Recording = {
  entity: string;
  /** In time order, one a second. */
  events: CollectedEvent[];
  startMs: number;
  endMs: number;
  faults: Episode[];
  /** Everyday work that is busy but normal: alarms here are false. */
  busy: Episode[];
};

/** The recording that comes with Tidewatch: a real machine with faults made for real. See its README. */
const RECORDING_DIRECTORY = join(import.meta.dirname, "../../../../recordings/host");

/** @throws when a file is missing or not what the recorder writes; the message names it. */
export const readRecording = async (directory = RECORDING_DIRECTORY): Promise<Recording> => {
  const labels = JSON.parse(await readFile(join(directory, "labels.json"), "utf8"));
  const lines = gunzipSync(await readFile(join(directory, "host.ndjson.gz")))
    .toString("utf8")
    .trimEnd()
    .split("\n");
  return { ...labels, events: lines.map((line) => JSON.parse(line)) };
};

/** Rows up to here are free of faults: the part to train on. Everything that is evaluated lies after it. */
export const trainingEndMs = (recording: Recording): number =>
  Math.min(...recording.faults.map((fault) => fault.startMs), recording.endMs);
