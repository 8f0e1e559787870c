import type { Blobs, Clock, Table } from "@tidewatch/core/store/ports";
import { logLookups } from "../log-lookups.ts";
import type { Telemetry } from "./telemetry.ts";

/** As the scorer's: a read unit for each 4 KB of detectors, and a small read per detector, sandbox and minute. */
const AGES = { detectorsMaxAgeMs: 15_000, modelsMaxAgeMs: 20_000 };

type Ports = { table: Table; blobs: Blobs; clock: Clock };

/** Detectors and models for both functions of the log stage. */
export const logLookupsOf = (ports: Ports, log: Telemetry<"log" | "log-sweep">["log"]) =>
  logLookups(ports, {
    ...AGES,
    onBad: (detector, { code }) =>
      log({ level: "error", message: "a detector cannot be read and is left out: put it again", detector, code }),
  });
