import type { Detector } from "@tidewatch/core/detector";
import { announceDrifts } from "@tidewatch/core/drift/announce";
import { driftCheck } from "@tidewatch/core/drift/run";
import { randomOf } from "@tidewatch/core/model/random";
import { moveAlias } from "@tidewatch/core/register/aliases";
import { registerModel, reserveVersion } from "@tidewatch/core/register/models";
import { scoreBatch } from "@tidewatch/core/score/run";
import type { Blobs, BusEvent, Table } from "@tidewatch/core/store/ports";
import { memoryBlobs } from "./memory-blobs.ts";
import { memoryTable } from "./memory-table.ts";
import { detector, distanceScorer, metric, record, scorePorts, T0 } from "./scoring.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** A detector that learns by itself; two days are reference enough. */
export const host = (parts: object = {}): Detector =>
  detector({ latenessSeconds: 0, drift: { minReferenceDays: 2 }, ...parts, model: { family: "stream" } });

export type Machine = { entity: string; values: (hour: number) => Record<string, number | null> | undefined };

/** A machine with a daily rhythm; `shift` is added from the hour `from` on. */
export const machine = (entity: string, seed: number, from = Number.POSITIVE_INFINITY, shift = 0): Machine => {
  const random = randomOf(seed);
  return {
    entity,
    values: (hour) => ({
      cpu: 50 + 10 * Math.sin((hour / 12) * Math.PI) + 4 * random.unit() + (hour >= from ? shift : 0),
      memory: 20 + random.unit(),
    }),
  };
};

/** Stores into which machines' hours are put, six rows an hour, from `T0` on, and a bus that remembers. */
export const driftWorldIn = <S extends { table: Table; blobs: Blobs }>(of: Detector, { table, blobs }: S) => {
  const published: BusEvent[] = [];
  const bus = {
    publish: async (events: readonly BusEvent[]) => {
      published.push(...events);
    },
  };
  const ports = { table, blobs, bus };
  let sequence = 0;
  /** Hours `from` to `to`, scored by the model of that version where there is one. */
  const feed = async (machines: readonly Machine[], from: number, to: number, version = 0, now = of) => {
    const scorers = version > 0 ? [await versionedScorer(now, version)] : [];
    for (let start = from; start < to; start += 24) {
      const records = [];
      for (let row = start * 6; row < Math.min(to, start + 24) * 6; row++) {
        for (const { entity, values } of machines) {
          const found = values(row / 6);
          if (found) records.push(record(++sequence, metric(entity, row * 600, found), 0, T0 + row * 600_000));
        }
      }
      await scoreBatch(scorePorts(table, [now], scorers), records);
    }
  };
  /** Registers a version that learnt the hours `from` to `to`, and makes it champion. */
  const champion = async (from: number, to: number) => {
    const { manifest } = await distanceScorer(of);
    const version = await reserveVersion(ports, of.id);
    const span = { trainingFromMs: T0 + from * HOUR_MS, trainingToMs: T0 + to * HOUR_MS };
    const onnx = new Uint8Array([version]);
    await registerModel(ports, { manifest: { ...manifest, version, ...span }, onnx });
    await moveAlias(ports, of.id, "champion", version, { by: "test", reason: "" }, T0);
    return version;
  };
  return { ports, published, feed, champion };
};

/** The same in memory. */
export const driftWorld = (of: Detector) => {
  const stores = { table: memoryTable(), blobs: memoryBlobs() };
  return { ...stores, ...driftWorldIn(of, stores) };
};

const versionedScorer = async (of: Detector, version: number) => {
  const scorer = await distanceScorer(of, 35, 20);
  return { ...scorer, manifest: { ...scorer.manifest, version } };
};

/** The time of a check that judges up to the end of this hour. */
export const afterHour = (hour: number): number => T0 + hour * HOUR_MS + 3 * 60_000;

/** As the schedule does it, for one detector. */
export const checkAndAnnounce = async (
  ports: ReturnType<typeof driftWorld>["ports"],
  of: Detector,
  nowMs: number,
): ReturnType<typeof driftCheck> => {
  const check = await driftCheck(ports, of, nowMs);
  await announceDrifts(ports);
  return check;
};
