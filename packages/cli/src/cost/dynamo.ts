import { ASSUMED, AWS, DEPLOYMENT } from "./deployment.ts";
import { figure } from "./figure.ts";
import { type Flow, readUnits } from "./flow.ts";
import { BYTES_PER_GB, type Line, lineOf } from "./line.ts";
import { logDynamoLines } from "./log-dynamo.ts";
import type { PriceTable } from "./prices.ts";
import { HOURS_PER_MONTH, SECONDS_PER_MONTH } from "./workload.ts";

export const dynamoLines = (flow: Flow, prices: PriceTable): Line[] => [
  ...writeLines(flow, prices),
  ...readLines(flow, prices),
  ...storageLines(flow, prices),
  ...logDynamoLines(flow, prices),
];

const HOURS_PER_DAY = 24;

/** An answer to a request with an idempotency key is announced, then kept; that is how our own commands send events. */
const WRITES_PER_EVENT_REQUEST = 2;

const writeLines = (
  { heads, chunks, anomalies, score, archive, seriesPerBatch, measured, ...flow }: Flow,
  prices: PriceTable,
) => {
  const write = (item: string, how: string, units: number) => lineOf("DynamoDB", item, how, units, prices.dynamoWrites);
  const { headWriteUnits, chunkWriteUnits, anomalyWriteUnits, learntWriteUnits } = measured;
  const batches = score.batchesPerMonth + archive.batchesPerMonth;
  const headsHow = `${figure(score.batchesPerMonth)} batches × ${figure(seriesPerBatch)} series × ${headWriteUnits} unit`;
  const chunksHow = `${figure(chunks)} chunks of up to ${measured.rowsPerChunk} rows × ${chunkWriteUnits} unit`;
  const anomaliesHow = `${figure(flow.rows)} rows × ${ASSUMED.anomaliesPerRow} × ${anomalyWriteUnits} unit`;
  return [
    write("heads written", headsHow, heads * headWriteUnits),
    write("chunks written", chunksHow, chunks * chunkWriteUnits),
    ...(measured.learntBytes === 0
      ? []
      : [
          write(
            "learnt written",
            `1 for each of ${figure(chunks)} chunks × ${learntWriteUnits} units`,
            chunks * learntWriteUnits,
          ),
        ]),
    write("anomalies written", anomaliesHow, anomalies * anomalyWriteUnits),
    write("counters written", `1 for each of ${figure(batches)} batches of scorer and archive`, batches),
    ...(flow.eventRequests === 0
      ? []
      : [
          write(
            "answers kept for repeats",
            `${figure(flow.eventRequests)} requests with events × ${WRITES_PER_EVENT_REQUEST}`,
            flow.eventRequests * WRITES_PER_EVENT_REQUEST,
          ),
        ]),
  ];
};

const readLines = (flow: Flow, prices: PriceTable): Line[] => {
  const { heads, score, archive, seriesPerBatch, pagePolls, series, trainRuns, sweepRuns, workload, measured } = flow;
  const read = (item: string, how: string, units: number) => lineOf("DynamoDB", item, how, units, prices.dynamoReads);
  const { detectors, entities } = workload;
  const headUnits = readUnits(measured.headBytes);
  const batches = score.batchesPerMonth + archive.batchesPerMonth;
  const detectorUnits = readUnits(detectors * ASSUMED.detectorBytes);
  const looks = (everySeconds: number) =>
    (score.activeShards * SECONDS_PER_MONTH) / Math.max(everySeconds, score.secondsPerBatch);
  const detectorLooks = looks(DEPLOYMENT.detectorsEverySeconds);
  // Nobody asks for a model of series that learn by themselves.
  const modelLooks = measured.learntBytes > 0 ? 0 : looks(DEPLOYMENT.modelsEverySeconds);
  const pageHeads = series + detectors * Math.min(entities, DEPLOYMENT.pageSeriesPerDetector);
  return [
    read(
      "heads read",
      `${figure(score.batchesPerMonth)} batches × ${figure(seriesPerBatch)} series × ${headUnits} unit`,
      heads * headUnits,
    ),
    ...(measured.learntBytes === 0
      ? []
      : [
          read(
            "learnt read",
            `with each of ${figure(heads)} heads × ${measured.learntReadUnits} units`,
            heads * measured.learntReadUnits,
          ),
        ]),
    read("counters read", `1 for each of ${figure(batches)} batches`, batches),
    read(
      "detectors and models read",
      `${figure(detectorLooks)} × ${detectorUnits} + (${figure(modelLooks)} + ${figure(trainRuns)}) × ${detectors} + ${figure(trainRuns)} × ${detectorUnits}`,
      (detectorLooks + trainRuns) * detectorUnits + (modelLooks + trainRuns) * detectors,
    ),
    read("looks for silent sessions", "1 a minute", sweepRuns),
    read(
      "heads read for the page",
      `${workload.pageHours} h × ${figure(3600 / DEPLOYMENT.pagePollSeconds)} polls × ${figure(pageHeads)} heads × ${headUnits} unit`,
      pagePolls * pageHeads * headUnits,
    ),
  ];
};

const storageLines = ({ series, chunks, anomalies, workload, measured }: Flow, prices: PriceTable): Line[] => {
  const { months } = workload;
  const { headBytes, chunkBytes, anomalyBytes, learntBytes } = measured;
  const over = AWS.itemOverheadBytes;
  const stored = (item: string, how: string, gb: number) => lineOf("DynamoDB", item, how, gb, prices.dynamoStorage);
  const kept = chunks * (chunkBytes + over) + anomalies * (anomalyBytes + over);
  const resultsGb = (series * (headBytes + over) + months * kept) / BYTES_PER_GB;
  const how = `${figure(series)} heads × ${headBytes + over} bytes + ${months} months × (${figure(chunks)} chunks × ${chunkBytes + over} + ${figure(anomalies)} anomalies × ${anomalyBytes + over})`;
  // Each chunk's is kept for its time, whether newer knowledge has replaced it or not.
  const learntMonths = Math.min(months, (DEPLOYMENT.learntKeptDays * HOURS_PER_DAY) / HOURS_PER_MONTH);
  const learntGb = learntBytes === 0 ? 0 : (learntMonths * chunks * (learntBytes + over)) / BYTES_PER_GB;
  const learntHow = `${figure(learntMonths)} months × ${figure(chunks)} chunks × ${learntBytes + over} bytes`;
  const gb = resultsGb + learntGb;
  return [
    stored("stored", how, resultsGb),
    ...(learntBytes === 0 ? [] : [stored(`learnt, kept ${DEPLOYMENT.learntKeptDays} days`, learntHow, learntGb)]),
    lineOf("DynamoDB", "point-in-time recovery", `the same ${figure(gb)} GB`, gb, prices.dynamoRecovery),
  ];
};
