import { ASSUMED, AWS, DEPLOYMENT } from "./deployment.ts";
import { figure } from "./figure.ts";
import { type Flow, readUnits } from "./flow.ts";
import { BYTES_PER_GB, type Line, lineOf } from "./line.ts";
import { type LogFlow, packedUnits } from "./log-flow.ts";
import { FAMILIES_MEASURED } from "./measured-detectors.ts";
import { MEASURED_LOGS } from "./measured-logs.ts";
import type { PriceTable } from "./prices.ts";
import { HOURS_PER_MONTH, SECONDS_PER_MONTH } from "./workload.ts";

/** Series of rates are of this family, and have one metric. */
export const [RATES_MEASURED] = FAMILIES_MEASURED.stream;

/** What the log stage writes, reads and keeps in the table. */
export const logDynamoLines = (flow: Flow, prices: PriceTable): Line[] =>
  flow.logs
    ? [
        ...writeLines(flow.logs, prices),
        ...readLines(flow, flow.logs, prices),
        ...storageLines(flow, flow.logs, prices),
      ]
    : [];

/** Sessions that begin in one batch may end at about the same time. */
const LISTS_PER_BATCH = 2;

const writeLines = (logs: LogFlow, prices: PriceTable): Line[] => {
  const write = (item: string, how: string, units: number) => lineOf("DynamoDB", item, how, units, prices.dynamoWrites);
  const { batching, sessions, batchesPerSession, heads, anomalous, rateHeads, rateChunks } = logs;
  const { headWriteUnits, endedBytes, dueBytes, anomalousWriteUnits } = MEASURED_LOGS;
  const { batchesPerMonth } = batching;
  const perSession = `${figure(batchesPerSession)} batches of each + 1 at its end`;
  const anomalousHow = `${figure(sessions)} × ${ASSUMED.anomalousPerSession} × (${anomalousWriteUnits} + 1) units`;
  const ofRates = rateHeads + rateChunks * (RATES_MEASURED.chunkWriteUnits + RATES_MEASURED.learntWriteUnits);
  const ratesHow = `${figure(batchesPerMonth)} batches × ${figure(logs.ratesPerBatch)} templates + ${figure(rateChunks)} chunks × 3 units`;
  return [
    write("sessions written", `${figure(sessions)} × (${perSession}) × ${headWriteUnits} unit`, heads * headWriteUnits),
    write(
      "sessions to learn from",
      `${figure(sessions)} × ${endedBytes} bytes, packed`,
      packedUnits(sessions, endedBytes, batching),
    ),
    write(
      "lists of open sessions",
      `${figure(sessions)} × ${dueBytes} bytes, packed in ${LISTS_PER_BATCH} a batch, put and removed`,
      packedUnits(sessions, dueBytes, batching) + (2 * LISTS_PER_BATCH - 1) * Math.min(batchesPerMonth, sessions),
    ),
    write("anomalous sessions", anomalousHow, anomalous * (anomalousWriteUnits + 1)),
    write("counters of lines", `1 for each of ${figure(batchesPerMonth)} batches`, batchesPerMonth),
    ...(logs.hasRates ? [write("rates written", ratesHow, ofRates)] : []),
  ];
};

/** Sessions that a training takes at most, unless the detector says otherwise, and how often a model is looked at. */
const MAX_TRAINING_SESSIONS = 50_000;
const LOOKS_PER_MONTH = HOURS_PER_MONTH;
/** Detectors, model, and the list of each shard. */
const SWEEP_UNITS = 2;

const readLines = ({ sweepRuns }: Flow, logs: LogFlow, prices: PriceTable): Line[] => {
  const read = (item: string, how: string, units: number) => lineOf("DynamoDB", item, how, units, prices.dynamoReads);
  const { batching, heads, templates, rateHeads } = logs;
  const { batchesPerMonth, activeShards, secondsPerBatch } = batching;
  const { headBytes, templateBytes, endedBytes } = MEASURED_LOGS;
  const templateUnits = Math.max(1, readUnits(templates * templateBytes));
  const looks = (everySeconds: number) => (activeShards * SECONDS_PER_MONTH) / Math.max(everySeconds, secondsPerBatch);
  const [detectors, models] = [looks(DEPLOYMENT.detectorsEverySeconds), looks(DEPLOYMENT.logModelsEverySeconds)];
  const learntFrom = Math.min(MAX_TRAINING_SESSIONS, keptMonths(Number.POSITIVE_INFINITY) * logs.sessions);
  const rateUnits = 1 + RATES_MEASURED.learntReadUnits;
  return [
    read("sessions read", `as often as written × ${readUnits(headBytes)} unit`, heads * readUnits(headBytes)),
    read(
      "templates, counters, lists",
      `${figure(batchesPerMonth)} batches × (${templateUnits} + 1 + 1)`,
      batchesPerMonth * (templateUnits + 2),
    ),
    read("log detectors and models", `${figure(detectors)} + ${figure(models)}`, detectors + models),
    read(
      "sessions read to learn from",
      `${LOOKS_PER_MONTH} looks × up to ${figure(learntFrom)} × ${endedBytes} bytes`,
      (LOOKS_PER_MONTH * learntFrom * endedBytes) / AWS.readUnitBytes,
    ),
    read(
      "silent sessions looked for",
      `${figure(sweepRuns)} × (${SWEEP_UNITS} + ${activeShards} shards)`,
      sweepRuns * (SWEEP_UNITS + activeShards),
    ),
    ...(logs.hasRates
      ? [read("rates read", `${figure(rateHeads)} heads × ${rateUnits} units`, rateHeads * rateUnits)]
      : []),
  ];
};

/** Sessions stay 35 days, as what series have learnt does. */
const keptMonths = (months: number): number => Math.min(months, (DEPLOYMENT.learntKeptDays * 24) / HOURS_PER_MONTH);

const storageLines = ({ workload: { months } }: Flow, logs: LogFlow, prices: PriceTable): Line[] => {
  const over = AWS.itemOverheadBytes;
  const { headBytes, endedBytes, anomalousBytes } = MEASURED_LOGS;
  const kept = keptMonths(months);
  const sessionBytes = headBytes + over + endedBytes + ASSUMED.anomalousPerSession * (anomalousBytes + over);
  const sessionsGb = (kept * logs.sessions * sessionBytes) / BYTES_PER_GB;
  const { chunkBytes, learntBytes } = RATES_MEASURED;
  const ratesGb = (logs.rateChunks * (months * (chunkBytes + over) + kept * (learntBytes + over))) / BYTES_PER_GB;
  const gb = sessionsGb + ratesGb;
  const stored = (item: string, how: string, quantity: number) =>
    lineOf("DynamoDB", item, how, quantity, prices.dynamoStorage);
  return [
    stored(
      "sessions, kept 35 days",
      `${figure(kept)} months × ${figure(logs.sessions)} × ${figure(sessionBytes)} bytes`,
      sessionsGb,
    ),
    ...(logs.hasRates ? [stored("rates stored", `${months} months × ${figure(logs.rateChunks)} chunks`, ratesGb)] : []),
    lineOf("DynamoDB", "recovery of sessions", `the same ${figure(gb)} GB`, gb, prices.dynamoRecovery),
  ];
};
