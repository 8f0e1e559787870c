import { ASSUMED, AWS, DEPLOYMENT } from "./deployment.ts";
import { figure } from "./figure.ts";
import { type Flow, readUnits } from "./flow.ts";
import { BYTES_PER_GB, type Line, lineOf } from "./line.ts";
import { MEASURED } from "./measured.ts";
import type { PriceTable } from "./prices.ts";
import { SECONDS_PER_MONTH } from "./workload.ts";

export const dynamoLines = (flow: Flow, prices: PriceTable): Line[] => [
  ...writeLines(flow, prices),
  ...readLines(flow, prices),
  ...storageLines(flow, prices),
];

/** An answer to a request with an idempotency key is announced, then kept; that is how our own commands send events. */
const WRITES_PER_EVENT_REQUEST = 2;

const writeLines = (
  { heads, chunks, anomalies, score, archive, seriesPerBatch, ...flow }: Flow,
  prices: PriceTable,
) => {
  const write = (item: string, how: string, units: number) => lineOf("DynamoDB", item, how, units, prices.dynamoWrites);
  const { headWriteUnits, chunkWriteUnits, anomalyWriteUnits } = MEASURED;
  const batches = score.batchesPerMonth + archive.batchesPerMonth;
  const headsHow = `${figure(score.batchesPerMonth)} batches × ${figure(seriesPerBatch)} series × ${headWriteUnits} unit`;
  const chunksHow = `${figure(chunks)} chunks of up to ${MEASURED.rowsPerChunk} rows × ${chunkWriteUnits} unit`;
  const anomaliesHow = `${figure(flow.rows)} rows × ${ASSUMED.anomaliesPerRow} × ${anomalyWriteUnits} unit`;
  return [
    write("heads written", headsHow, heads * headWriteUnits),
    write("chunks written", chunksHow, chunks * chunkWriteUnits),
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
  const { heads, score, archive, seriesPerBatch, pagePolls, series, trainRuns, workload } = flow;
  const read = (item: string, how: string, units: number) => lineOf("DynamoDB", item, how, units, prices.dynamoReads);
  const { detectors, entities } = workload;
  const headUnits = readUnits(MEASURED.headBytes);
  const batches = score.batchesPerMonth + archive.batchesPerMonth;
  const detectorUnits = readUnits(detectors * ASSUMED.detectorBytes);
  const looks = (everySeconds: number) =>
    (score.activeShards * SECONDS_PER_MONTH) / Math.max(everySeconds, score.secondsPerBatch);
  const detectorLooks = looks(DEPLOYMENT.detectorsEverySeconds);
  const modelLooks = looks(DEPLOYMENT.modelsEverySeconds);
  const pageHeads = series + detectors * Math.min(entities, DEPLOYMENT.pageSeriesPerDetector);
  return [
    read(
      "heads read",
      `${figure(score.batchesPerMonth)} batches × ${figure(seriesPerBatch)} series × ${headUnits} unit`,
      heads * headUnits,
    ),
    read("counters read", `1 for each of ${figure(batches)} batches`, batches),
    read(
      "detectors and models read",
      `${figure(detectorLooks)} × ${detectorUnits} + (${figure(modelLooks)} + ${figure(trainRuns)}) × ${detectors} + ${figure(trainRuns)} × ${detectorUnits}`,
      (detectorLooks + trainRuns) * detectorUnits + (modelLooks + trainRuns) * detectors,
    ),
    read(
      "heads read for the page",
      `${workload.pageHours} h × ${figure(3600 / DEPLOYMENT.pagePollSeconds)} polls × ${figure(pageHeads)} heads × ${headUnits} unit`,
      pagePolls * pageHeads * headUnits,
    ),
  ];
};

const storageLines = ({ series, chunks, anomalies, workload }: Flow, prices: PriceTable): Line[] => {
  const { months } = workload;
  const { headBytes, chunkBytes, anomalyBytes } = MEASURED;
  const over = AWS.itemOverheadBytes;
  const kept = chunks * (chunkBytes + over) + anomalies * (anomalyBytes + over);
  const gb = (series * (headBytes + over) + months * kept) / BYTES_PER_GB;
  const how = `${figure(series)} heads × ${headBytes + over} bytes + ${months} months × (${figure(chunks)} chunks × ${chunkBytes + over} + ${figure(anomalies)} anomalies × ${anomalyBytes + over})`;
  return [
    lineOf("DynamoDB", "stored", how, gb, prices.dynamoStorage),
    lineOf("DynamoDB", "point-in-time recovery", `the same ${figure(gb)} GB`, gb, prices.dynamoRecovery),
  ];
};
