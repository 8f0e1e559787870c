import { definitionHash } from "@tidewatch/core/log/definition";
import { LogDetector } from "@tidewatch/core/log/detector";
import type { LogModel } from "@tidewatch/core/log/model";
import { fitLabelledSessions } from "@tidewatch/core/log/session/labelled";
import { fitSessions } from "@tidewatch/core/log/session/session-model";
import { isSevere } from "@tidewatch/core/log/session/severity";
import { SIGNATURE_PARAMS } from "@tidewatch/core/log/session/signature";
import type { LogPorts } from "@tidewatch/core/log/stage/run";
import { decodeSessionHead, type SessionHead } from "@tidewatch/core/log/store/session-head";
import { mineLine, minerOf } from "@tidewatch/core/log/template/miner";
import { currentIds, templatesOf } from "@tidewatch/core/log/template/store";
import { templateId, templateText } from "@tidewatch/core/log/template/template";
import { sessionHeadKey } from "@tidewatch/core/store/keys";
import type { Item, StreamRecord, Table } from "@tidewatch/core/store/ports";
import { record } from "./scoring.ts";

export const L0 = Date.UTC(2026, 10, 20, 10);

export const logDetector = (parts: { session?: object; [name: string]: unknown } = {}): LogDetector =>
  LogDetector.parse({
    id: "jobs",
    match: { type: "log" },
    ...parts,
    session: { key: { pattern: "job_\\d+" }, ...parts.session },
  });

/** What a job writes: templates by name. */
export const LINES = {
  start: (job: number) => `INFO Scheduler: started job_${job} on node ${(job * 7) % 10}`,
  read: (job: number) => `INFO Reader: read ${job * 31} rows for job_${job}`,
  write: (job: number) => `INFO Writer: wrote ${job * 17} rows of job_${job} to /out/part-${job}`,
  end: (job: number) => `INFO Scheduler: finished job_${job}`,
  fault: (job: number) => `ERROR Writer: cannot write block ${job} of job_${job}: disk full`,
};
export type LineName = keyof typeof LINES;
/** One line: which kind, of which job, and how many seconds after the start. */
export type LineSpec = [name: LineName, job: number, second: number];

/** A job as it should be. */
export const normalJob = (job: number, second: number): LineSpec[] => [
  ["start", job, second],
  ["read", job, second + 1],
  ["write", job, second + 2],
  ["write", job, second + 3],
  ["end", job, second + 4],
];

export const logEvent = ([name, job, second]: LineSpec) => ({
  type: "log",
  entity: "worker-1",
  timestamp: L0 + second * 1000,
  message: LINES[name](job),
});

/** Records with these lines, numbered from `first`; they arrive when they say. */
export const logRecords = (lines: readonly LineSpec[], first = 1, shard = 0): StreamRecord[] =>
  lines.map((line, index) => record(first + index, logEvent(line), shard, L0 + line[2] * 1000));

export const logPorts = (table: Table, detectors = [logDetector()], model?: LogModel): LogPorts => ({
  table,
  inflate: () => {
    throw new Error("no record is compressed");
  },
  detectors: async () => detectors,
  modelOf: async () => model,
});

/** A model of normal jobs, by signatures, for a detector. */
export const jobModel = (also: readonly LineName[] = [], detector = logDetector()): LogModel => {
  const miner = minerOf();
  const sessions = Array.from({ length: 60 }, (_, job) => {
    const counts = new Map<string, number>();
    for (const [name, number] of normalJob(job + 100, 0)) {
      const id = templateId(mineLine(miner, LINES[name](number)));
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    return counts;
  });
  for (const name of also) sessions.push(new Map([[templateId(mineLine(miner, LINES[name](7))), 1]]));
  const severe = [...templatesOf(miner.store)].filter((template) => isSevere(templateText(template)));
  return {
    ...{
      version: 3,
      definition: definitionHash(detector),
      trainedAtMs: L0,
      trainingSessions: sessions.length,
      templates: miner.store,
    },
    currentId: currentIds(miner.store),
    sessions: fitSessions(sessions, new Set(severe.map(templateId)), { ...SIGNATURE_PARAMS, training: "normal" }),
    labelled: undefined,
  };
};

/** The same, and a forest that learnt from labels: jobs that wrote once only are anomalous, and so are those with a fault. */
export const labelledJobModel = async (detector = logDetector()): Promise<LogModel> => {
  const model = jobModel(["fault"], detector);
  const idOf = (name: LineName) => templateId(mineLine(minerOf(model.templates), LINES[name](7)));
  const job = (names: LineName[], writes: number): [string, number][] => [
    ...names.map((name): [string, number] => [idOf(name), 1]),
    [idOf("write"), writes],
  ];
  const sessions = Array.from({ length: 60 }, (_, number) => {
    if (number % 6 > 0) return new Map(job(["start", "read", "end"], 2));
    return new Map(number % 12 === 0 ? job(["start", "read", "end"], 1) : job(["start", "fault"], 1));
  });
  const labels = Uint8Array.from(sessions, (_, number) => (number % 6 > 0 ? 0 : 1));
  return { ...model, labelled: await fitLabelledSessions(sessions, labels, 1) };
};

/** The stored head of a job's sessions. */
export const headOf = async (table: Table, key: string): Promise<SessionHead> => {
  const [item] = await table.getMany([sessionHeadKey("jobs", key)]);
  return decodeSessionHead(item!);
};

export const itemsUnder = (table: { items(): Item[] }, prefix: string): Item[] =>
  table.items().filter(({ pk }) => pk.startsWith(prefix));
