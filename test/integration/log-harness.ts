import { definitionHash } from "@tidewatch/core/log/definition";
import { logBatch } from "@tidewatch/core/log/stage/run";
import { storedLogModel } from "@tidewatch/core/register/log-files";
import { logModelCache } from "@tidewatch/core/register/log-model-cache";
import { registerLogModel } from "@tidewatch/core/register/log-models";
import { promote, reserveVersion } from "@tidewatch/core/register/models";
import { getLogDetector, logDetectorLister } from "@tidewatch/core/store/detectors";
import { inflate } from "@tidewatch/functions/inflate";
import { expect } from "vitest";
import { archived } from "../support/log-archive.ts";
import { jobModel, L0, type LineSpec, logEvent } from "../support/log-stage.ts";
import { json, NOW_MS, startApi } from "./api-harness.ts";

/** What a detector of the job log is, besides its id. */
export const JOBS = { session: { key: { pattern: "job_[^ :]+" } }, match: { type: "log" } };

export const lines = (specs: readonly LineSpec[]) => specs.map(logEvent);

/** The API with a detector `jobs`, and what brings lines into it. */
export const startLogApi = async () => {
  const api = startApi();
  const { table, blobs, clock } = api.ports;
  const taken = new Set<string>();
  const createDetector = async (id: string) => {
    const answer = await api.app.request("/v1/detectors", { method: "POST", ...json({ id, ...JOBS }) });
    expect(answer.status).toBe(201);
  };
  /** Events through the API, the log stage and the archive, as three consumers would take them. */
  const send = async (events: readonly object[], { archive = true } = {}) => {
    expect((await api.app.request("/v1/events", { method: "POST", ...json(events) })).status).toBe(202);
    const records = api.records().filter(({ sequenceNumber }) => !taken.has(sequenceNumber));
    for (const { sequenceNumber } of records) taken.add(sequenceNumber);
    const ports = { table, inflate, detectors: logDetectorLister(table, clock, 0) };
    const report = await logBatch({ ...ports, modelOf: logModelCache(api.ports, { maxAgeMs: 0 }) }, records);
    expect(report.failed).toEqual([]);
    if (archive) await archived({ table, blobs }, records);
  };
  /** Makes the model of normal jobs the live one. */
  const train = async (name = "jobs") => {
    const { detector } = (await getLogDetector(api.ports.table, name))!;
    const version = await reserveVersion(api.ports, name);
    const facts = {
      name,
      version,
      source: "pipeline",
      definition: definitionHash(detector),
      labels: { anomalous: 0, normal: 0, hash: "" },
      seed: 1,
    } as const;
    const times = { trainedAtMs: NOW_MS, trainingFromMs: L0, trainingToMs: L0 + 1 };
    await registerLogModel(api.ports, storedLogModel(jobModel(), { ...facts, ...times }));
    await promote(api.ports, name, version, NOW_MS, { by: "test", reason: "test" });
  };
  await createDetector("jobs");
  return { ...api, createDetector, send, train };
};
export type LogApi = Awaited<ReturnType<typeof startLogApi>>;
