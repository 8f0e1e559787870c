import { ASSUMED, DEPLOYMENT } from "./deployment.ts";
import { figure } from "./figure.ts";
import type { Flow } from "./flow.ts";
import { readUnits } from "./flow.ts";
import { BYTES_PER_GB, type Line, lineOf } from "./line.ts";
import { MEASURED_LEARNING } from "./measured-learning.ts";
import type { PriceTable } from "./prices.ts";

/** What the learning loop reads and writes, beside the functions' time (`lambda.ts`). */
export const learningLines = (flow: Flow, prices: PriceTable): Line[] => [
  ...tableLines(flow, prices),
  ...objectLines(flow, prices),
  ...(flow.learning.transitions > 0 ? [transitionLine(flow, prices)] : []),
];

/** Head and first chunk of a series; then its head and the chunks of two hours. */
const HEADS_PER_CHECK = 3;
const HOURS_READ = 2;

const tableLines = ({ learning, measured, rowsPerSeriesAndHour }: Flow, prices: PriceTable): Line[] => {
  const { driftRuns, driftSeries, shadowed } = learning;
  const chunks = Math.ceil((HOURS_READ * rowsPerSeriesAndHour) / measured.rowsPerChunk);
  const units = HEADS_PER_CHECK * readUnits(measured.headBytes) + readUnits(chunks * measured.chunkBytes);
  const driftHow = `${figure(driftRuns)} runs × ${figure(driftSeries)} series × ${units} units`;
  const read = [
    lineOf("DynamoDB", "rows read for drift", driftHow, driftRuns * driftSeries * units, prices.dynamoReads),
  ];
  if (shadowed === 0) return read;
  const shadowHow = `${figure(shadowed)} series of all runs with a challenger × 1 unit`;
  const seriesUnits = 2 * readUnits(measured.headBytes) + readUnits(measured.chunkBytes);
  return [
    ...read,
    lineOf("DynamoDB", "challengers' results written", shadowHow, shadowed, prices.dynamoWrites),
    lineOf(
      "DynamoDB",
      "rows read for challengers",
      `the same × ${seriesUnits} units`,
      shadowed * seriesUnits,
      prices.dynamoReads,
    ),
  ];
};

/** A file of an hour and its manifest; each day's once more. */
const PUTS_PER_HOUR = 2;
const HOURS_PER_DAY = 24;

const objectLines = ({ learning, archive, events, workload, measured }: Flow, prices: PriceTable): Line[] => {
  const { compactRuns } = learning;
  const puts = compactRuns * PUTS_PER_HOUR * (1 + 1 / HOURS_PER_DAY);
  const bytes = measured.archivedBytes * MEASURED_LEARNING.compactedShare;
  const gb = (workload.months * events * bytes) / BYTES_PER_GB;
  const stored = `${workload.months} months × ${figure(events)} events × ${figure(bytes)} bytes, beside the archive`;
  const gets = archive.batchesPerMonth;
  return [
    lineOf("S3", "archive compacted, read", "each object once", gets, prices.s3Gets),
    lineOf(
      "S3",
      "archive compacted, put",
      `${figure(compactRuns)} hours × ${PUTS_PER_HOUR}, days too`,
      puts,
      prices.s3Puts,
    ),
    lineOf("S3", "archive compacted, stored", stored, gb, prices.s3Storage),
  ];
};

const transitionLine = ({ learning }: Flow, prices: PriceTable): Line => {
  const { retrainings, stepCalls, transitions } = learning;
  const how = `${figure(retrainings)} retrainings, ${figure(stepCalls)} steps and looks, one each ${DEPLOYMENT.lookSeconds} s`;
  return lineOf("Step Functions", "transitions", how, transitions, prices.stateTransitions);
};

/** Of a function that reads the archive. */
export const compactWaitMs = ({ archive, learning }: Flow): number =>
  (archive.batchesPerMonth / learning.compactRuns) * ASSUMED.objectGetMs;
