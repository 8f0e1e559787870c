import { ASSUMED, AWS, DEPLOYMENT } from "./deployment.ts";
import { figure } from "./figure.ts";
import type { Flow } from "./flow.ts";
import { compactWaitMs } from "./learning-lines.ts";
import { type Line, lineOf } from "./line.ts";
import { RATES_MEASURED } from "./log-dynamo.ts";
import type { LogFlow } from "./log-flow.ts";
import { MEASURED } from "./measured.ts";
import { MEASURED_LEARNING } from "./measured-learning.ts";
import { MEASURED_LOGS } from "./measured-logs.ts";
import type { PriceTable } from "./prices.ts";

const THOUSAND = 1000;
const MB_PER_GB = 1024;

type FunctionName = keyof typeof DEPLOYMENT.memoryMegabytes;
/** CPU time here, as a sum of figures, and the time that a function waits for answers, per invocation. */
type Invocation = { name: FunctionName; count: number; cpuMs: [each: number, times: number][]; waitMs: number };

const shareOfCpu = (name: FunctionName): number => Math.min(1, DEPLOYMENT.memoryMegabytes[name] / AWS.megabytesPerCpu);

/**
 * Time that is billed for one invocation: CPU time on Lambda's CPU, longer where the memory buys a part of one, and waiting.
 * Some of the waiting goes on beside the work; to add them errs on the dear side.
 */
const billedMs = ({ name, cpuMs, waitMs }: Invocation): number => {
  const ms = cpuMs.reduce((sum, [each, times]) => sum + each * times, 0);
  return (ms * ASSUMED.cpuFactor) / shareOfCpu(name) + waitMs;
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
  const how = `${figure(count)} × ${figure(ms)} ms (${howLong(invocation)}) × ${megabytes} MB`;
  return lineOf("Lambda", `${name}, time`, how, gigabyteSeconds, prices.lambdaX86);
};

/** (2.1 + 24 × 0.04) × 2 / 1 CPU + 35 waiting */
const howLong = ({ name, cpuMs, waitMs }: Invocation): string => {
  if (cpuMs.length === 0) return "waiting, mostly";
  const sum = cpuMs
    .map(([each, times]) => (times === 1 ? figure(each) : `${figure(each)} × ${figure(times)}`))
    .join(" + ");
  return `(${sum}) × ${ASSUMED.cpuFactor} / ${figure(shareOfCpu(name))} CPU + ${figure(waitMs)} waiting`;
};

/** As packages/functions/src/aws reads and writes: calls of so many keys or items, so many under way at once. */
const ITEMS_READ_AT_ONCE = 800;
const HEADS_WRITTEN_AT_ONCE = 32;
const SERIES_PER_PAGE = 200;
/** Side items, counters read, counters written. */
const OTHER_SCORE_CALLS = 3;
/** Counters read and written. */
const ARCHIVE_CALLS = 2;
/** Whether any log line has come; then detectors, model, and what is due on each shard. */
const SWEEP_CALLS = 1;
const SWEEP_CALLS_WITH_LINES = 3;
/** Shard's templates, lists of due sessions read, written and removed, ended sessions, counters read and written. */
const OTHER_LOG_CALLS = 7;

const invocationsOf = (flow: Flow): Invocation[] => {
  const {
    score,
    archive,
    seriesPerBatch,
    trainRuns,
    sweepRuns,
    eventRequests,
    pageRequests,
    series,
    workload,
    measured,
  } = flow;
  const { archiveMs } = MEASURED;
  const { scoreMs, learntBytes } = measured;
  const { tableCallMs, objectPutMs, trainCheckMs, apiRequestMs } = ASSUMED;
  const readCalls = Math.ceil(seriesPerBatch / ITEMS_READ_AT_ONCE);
  const scoreCalls =
    // What was learnt is read by what the head says.
    (learntBytes > 0 ? 2 : 1) * readCalls + Math.ceil(seriesPerBatch / HEADS_WRITTEN_AT_ONCE) + OTHER_SCORE_CALLS;
  // One of the page's requests reads all heads, a page of series after the other, in two calls each.
  const pageCalls = (Math.ceil(series / SERIES_PER_PAGE) * 2) / DEPLOYMENT.pageRequestsPerPoll;
  const apiRequests = eventRequests + pageRequests;
  const pageShare = apiRequests === 0 ? 0 : pageRequests / apiRequests;
  return [
    {
      name: "score",
      count: score.batchesPerMonth,
      cpuMs: [
        [scoreMs.perInvocation, 1],
        [scoreMs.perThousandEvents, (score.eventsPerBatch * workload.detectors) / THOUSAND],
        [scoreMs.perThousandSeries, seriesPerBatch / THOUSAND],
      ],
      waitMs: scoreCalls * tableCallMs,
    },
    {
      name: "archive",
      count: archive.batchesPerMonth,
      cpuMs: [
        [archiveMs.perInvocation, 1],
        [archiveMs.perThousandEvents, archive.eventsPerBatch / THOUSAND],
      ],
      waitMs: ARCHIVE_CALLS * tableCallMs + objectPutMs,
    },
    { name: "train", count: trainRuns, cpuMs: [], waitMs: trainCheckMs * workload.detectors },
    ...learningInvocations(flow),
    ...(flow.logs ? [logInvocation(flow.logs)] : []),
    { name: "log-sweep", count: sweepRuns, cpuMs: [], waitMs: sweepCalls(flow.logs) * tableCallMs },
    { name: "api", count: apiRequests, cpuMs: [], waitMs: apiRequestMs + pageShare * pageCalls * tableCallMs },
  ];
};

/** Of a series: whether it has begun, and its rows. */
const DRIFT_CALLS = 2;
/** Heads and results of a page of series, one after the other, and the rows of each. */
const SHADOW_CALLS_PER_SERIES = 1;

const learningInvocations = (flow: Flow): Invocation[] => {
  const { learning, events, workload } = flow;
  const { driftRuns, driftSeries, shadowRuns, shadowed, compactRuns, startRuns, stepCalls, retrainings } = learning;
  const { tableCallMs, trainCheckMs, lookMs, retrainSeconds } = ASSUMED;
  const { driftMs, shadowMs, compactMs } = MEASURED_LEARNING;
  const looksMs = trainCheckMs * workload.detectors;
  const shadowedPerRun = shadowed / shadowRuns;
  return [
    {
      name: "drift",
      count: driftRuns,
      cpuMs: [[driftMs.perThousandSeries, driftSeries / THOUSAND]],
      waitMs: DRIFT_CALLS * driftSeries * tableCallMs,
    },
    {
      name: "shadow",
      count: shadowRuns,
      cpuMs: shadowed === 0 ? [] : [[shadowMs.perThousandSeries, shadowedPerRun / THOUSAND]],
      waitMs: looksMs + SHADOW_CALLS_PER_SERIES * shadowedPerRun * tableCallMs,
    },
    {
      name: "compact",
      count: compactRuns,
      // The files of a day are copied once more.
      cpuMs: [[compactMs.perThousandEvents, (2 * events) / compactRuns / THOUSAND]],
      waitMs: compactWaitMs(flow),
    },
    { name: "retrain-start", count: startRuns, cpuMs: [], waitMs: looksMs },
    {
      name: "retrain",
      count: stepCalls,
      cpuMs: [],
      waitMs: stepCalls === 0 ? 0 : lookMs + (retrainings * retrainSeconds * THOUSAND) / stepCalls,
    },
    { name: "report", count: learning.reportRuns, cpuMs: [], waitMs: looksMs },
  ];
};

const sweepCalls = (logs: LogFlow | undefined): number =>
  logs ? SWEEP_CALLS_WITH_LINES + logs.batching.activeShards : SWEEP_CALLS;

/** Sessions are read and written as series are, those that end once more. */
const logInvocation = ({ batching, sessionsPerBatch, endedPerBatch, ratesPerBatch }: LogFlow): Invocation => {
  const { logMs } = MEASURED_LOGS;
  const items = [sessionsPerBatch, endedPerBatch, ratesPerBatch].filter((count) => count > 0);
  const callsOf = (perItem: number) => items.reduce((sum, count) => sum + Math.ceil(count / perItem), 0);
  const calls = callsOf(ITEMS_READ_AT_ONCE) + callsOf(HEADS_WRITTEN_AT_ONCE) + OTHER_LOG_CALLS;
  const rateMs = RATES_MEASURED.scoreMs;
  return {
    name: "log",
    count: batching.batchesPerMonth,
    cpuMs: [
      [logMs.perInvocation, 1],
      [logMs.perThousandLines, batching.eventsPerBatch / THOUSAND],
      [logMs.perThousandSessions, sessionsPerBatch / THOUSAND],
      [logMs.perThousandEnded, endedPerBatch / THOUSAND],
      ...(ratesPerBatch > 0
        ? ([
            [rateMs.perThousandEvents, batching.eventsPerBatch / THOUSAND],
            [rateMs.perThousandSeries, ratesPerBatch / THOUSAND],
          ] as [number, number][])
        : []),
    ],
    waitMs: calls * ASSUMED.tableCallMs,
  };
};
