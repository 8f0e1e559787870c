import { ASSUMED, AWS, DEPLOYMENT } from "./deployment.ts";
import { figure } from "./figure.ts";
import type { Flow } from "./flow.ts";
import { type Line, lineOf } from "./line.ts";
import { MEASURED } from "./measured.ts";
import type { PriceTable } from "./prices.ts";

const THOUSAND = 1000;
const MB_PER_GB = 1024;

type FunctionName = keyof typeof DEPLOYMENT.memoryMegabytes;
/** CPU time here, and the time that a function waits for answers, per invocation. */
type Invocation = { name: FunctionName; count: number; cpuMs: number; waitMs: number };

/**
 * Time that is billed for one invocation: CPU time on Lambda's CPU, longer where the memory buys a part of one, and waiting.
 * Some of the waiting goes on beside the work; to add them errs on the dear side.
 */
const billedMs = ({ name, cpuMs, waitMs }: Invocation): number => {
  const share = Math.min(1, DEPLOYMENT.memoryMegabytes[name] / AWS.megabytesPerCpu);
  return (cpuMs * ASSUMED.cpuFactor) / share + waitMs;
};

export const lambdaLines = (flow: Flow, prices: PriceTable): Line[] => {
  const invocations = invocationsOf(flow).filter(({ count }) => count > 0);
  const requests = invocations.reduce((sum, { count }) => sum + count, 0);
  const names = invocations.map(({ name, count }) => `${name} ${figure(count)}`).join(" + ");
  return [
    lineOf("Lambda", "invocations", names, requests, prices.lambdaRequests),
    ...invocations.map((invocation) => durationLine(invocation, prices)),
  ];
};

const durationLine = (invocation: Invocation, prices: PriceTable): Line => {
  const { name, count } = invocation;
  const ms = billedMs(invocation);
  const megabytes = DEPLOYMENT.memoryMegabytes[name];
  const gigabyteSeconds = ((count * ms) / THOUSAND) * (megabytes / MB_PER_GB);
  const how = `${figure(count)} × ${figure(ms)} ms × ${megabytes} MB`;
  return lineOf("Lambda", `${name}, time`, how, gigabyteSeconds, prices.lambdaX86);
};

/** As packages/functions/src/aws reads and writes: calls of so many keys or items, so many under way at once. */
const HEADS_READ_AT_ONCE = 800;
const HEADS_WRITTEN_AT_ONCE = 32;
const SERIES_PER_PAGE = 200;
/** Side items, counters read, counters written. */
const OTHER_SCORE_CALLS = 3;
/** Counters read and written. */
const ARCHIVE_CALLS = 2;

const invocationsOf = (flow: Flow): Invocation[] => {
  const { score, archive, seriesPerBatch, trainRuns, eventRequests, pageRequests, series, workload } = flow;
  const { scoreMs, archiveMs } = MEASURED;
  const { tableCallMs, objectPutMs, trainCheckMs, apiRequestMs } = ASSUMED;
  const perBatch = (events: number) => (events * workload.detectors) / THOUSAND;
  const scoreCalls =
    Math.ceil(seriesPerBatch / HEADS_READ_AT_ONCE) +
    Math.ceil(seriesPerBatch / HEADS_WRITTEN_AT_ONCE) +
    OTHER_SCORE_CALLS;
  // One of the page's requests reads all heads, a page of series after the other, in two calls each.
  const pageCalls = (Math.ceil(series / SERIES_PER_PAGE) * 2) / DEPLOYMENT.pageRequestsPerPoll;
  const apiRequests = eventRequests + pageRequests;
  const pageShare = apiRequests === 0 ? 0 : pageRequests / apiRequests;
  return [
    {
      name: "score",
      count: score.batchesPerMonth,
      cpuMs:
        scoreMs.perInvocation +
        scoreMs.perThousandEvents * perBatch(score.eventsPerBatch) +
        (scoreMs.perThousandSeries * seriesPerBatch) / THOUSAND,
      waitMs: scoreCalls * tableCallMs,
    },
    {
      name: "archive",
      count: archive.batchesPerMonth,
      cpuMs: archiveMs.perInvocation + (archiveMs.perThousandEvents * archive.eventsPerBatch) / THOUSAND,
      waitMs: ARCHIVE_CALLS * tableCallMs + objectPutMs,
    },
    { name: "train", count: trainRuns, cpuMs: 0, waitMs: trainCheckMs * workload.detectors },
    { name: "api", count: apiRequests, cpuMs: 0, waitMs: apiRequestMs + pageShare * pageCalls * tableCallMs },
  ];
};
