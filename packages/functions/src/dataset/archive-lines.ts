import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { AppError } from "@tidewatch/core/errors";
import { type ArchiveObject, arrivedBefore } from "@tidewatch/core/ingest/archive-key";
import { arrivalsOf } from "@tidewatch/core/ingest/arrivals";
import { decodeText } from "@tidewatch/core/ingest/decode";
import type { MetricEvent } from "@tidewatch/core/ingest/event";
import type { Blobs } from "@tidewatch/core/store/ports";

const gunzipped = promisify(gunzip);
/** Objects fetched ahead of the one that is decoded. */
const AHEAD = 4;

/** Metric events of one object, in the order of the stream. `line` counts all of its lines. */
export type TakeEvent = (event: MetricEvent, arrivalMs: number, line: number) => void;

/** What an object holds. */
export type ObjectCounts = { events: number; logs: number };

/**
 * Decodes objects of the archive one after the other, as they were listed.
 * @throws AppError CORRUPT for a line that is no event: only valid ones are put there
 */
export const readArchiveObjects = async <O extends ArchiveObject>(
  blobs: Blobs,
  objects: readonly O[],
  takeOf: (object: O) => TakeEvent,
  done: (object: O, counts: ObjectCounts) => void = () => {},
): Promise<void> => {
  const texts: Promise<ObjectText>[] = [];
  const fetch = (index: number): void => {
    const object = objects[index];
    if (!object) return;
    const text = textOf(blobs, object.key);
    // It is waited for when its turn comes: until then a failure is nobody's to hear.
    text.catch(() => {});
    texts[index] = text;
  };
  for (let index = 0; index < AHEAD; index++) fetch(index);
  for (const [index, object] of objects.entries()) {
    fetch(index + AHEAD);
    const text = await texts[index]!;
    delete texts[index];
    done(object, takeLines(text, object, takeOf(object)));
  }
};

type ObjectText = { text: string; arrivals: Float64Array | undefined };

const textOf = async (blobs: Blobs, key: string): Promise<ObjectText> => {
  const bytes = await blobs.get(key);
  if (!bytes) throw new AppError("NOT_FOUND", `the object ${key} was deleted while the archive was read`);
  return { text: (await gunzipped(bytes)).toString("utf8"), arrivals: arrivalsOf(bytes) };
};

/**
 * Where an object does not say when its lines arrived, the end of the hour stands for it. The clocks of the service differ a
 * little: a line never arrived before the one in front of it.
 */
const takeLines = ({ text, arrivals }: ObjectText, object: ArchiveObject, take: TakeEvent): ObjectCounts => {
  let arrivalMs = arrivals ? 0 : arrivedBefore(object) - 1;
  const counts = { events: 0, logs: 0 };
  for (let from = 0, line = 0; from < text.length; line++) {
    const end = text.indexOf("\n", from);
    const to = end === -1 ? text.length : end;
    const decoded = decodeText(text.slice(from, to));
    from = to + 1;
    if (arrivals) arrivalMs = Math.max(arrivalMs, arrivals[line] ?? 0);
    if (!decoded.ok) throw new AppError("CORRUPT", `line ${line} of ${object.key} is no event: ${decoded.reason}`);
    if (decoded.event.type !== "metric") counts.logs++;
    else {
      counts.events++;
      take(decoded.event, arrivalMs, line);
    }
  }
  return counts;
};
