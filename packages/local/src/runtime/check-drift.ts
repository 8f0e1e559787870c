import { setImmediate } from "node:timers/promises";
import type { Blobs, Bus, Clock, Table } from "@tidewatch/core/store/ports";
import { driftHandler } from "@tidewatch/functions/drift-handler";
import type { Log } from "./log.ts";

type DriftSchedulePorts = { table: Table; blobs: Blobs; bus: Bus; clock: Clock; log: Log };

/** As on AWS. A reference is made from weeks of rows: between two series, requests have their turn. */
export const checkDriftOf = ({ table, log, ...ports }: DriftSchedulePorts): (() => Promise<void>) =>
  driftHandler({
    ...ports,
    table: {
      ...table,
      async getMany(keys) {
        await setImmediate();
        return await table.getMany(keys);
      },
    },
    onReport({ drifted, failed }) {
      if (drifted.length > 0) log({ level: "warn", message: "what comes in has drifted", detectors: drifted });
      for (const { error, ...facts } of failed) {
        log({ level: "warn", message: "could not check for drift", ...facts, error: String(error) });
      }
    },
  });
