import type { Blobs, Clock, Table } from "@tidewatch/core/store/ports";
import { logLookups } from "../log-lookups.ts";
import { MEMORY_AGES } from "./memory-ages.ts";
import type { Telemetry } from "./telemetry.ts";

type Ports = { table: Table; blobs: Blobs; clock: Clock };

/** Detectors and models for both functions of the log stage. */
export const logLookupsOf = (ports: Ports, log: Telemetry<"log" | "log-sweep">["log"]) =>
  logLookups(ports, {
    ...MEMORY_AGES,
    onBad: (detector, { code }) =>
      log({ level: "error", message: "a detector cannot be read and is left out: put it again", detector, code }),
  });
