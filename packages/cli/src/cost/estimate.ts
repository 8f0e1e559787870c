import { type ClusterLine, clusterLines } from "./cluster.ts";
import { dynamoLines } from "./dynamo.ts";
import { type Flow, flowOf } from "./flow.ts";
import { kinesisLines } from "./kinesis.ts";
import { lambdaLines } from "./lambda.ts";
import { learningLines } from "./learning-lines.ts";
import { type Line, SERVICES, type Service } from "./line.ts";
import { apiLines, cloudWatchLines, dataLines, s3Lines, schedulerLines } from "./others.ts";
import type { PriceTable } from "./prices.ts";
import type { Workload } from "./workload.ts";

export type ServiceCost = { service: Service; usd: number; share: number };
export type Lever = { change: string; price: string; savesUsd: number };
export type Estimate = {
  flow: Flow;
  lines: Line[];
  services: ServiceCost[];
  /** A month's cost, in US dollars. */
  usd: number;
  /** Of events and log lines. */
  usdPerMillionEvents: number;
  levers: Lever[];
  cluster: { lines: ClusterLine[]; usd: number };
};

const MILLION = 1_000_000;

export const estimate = (workload: Workload, prices: PriceTable): Estimate => {
  const { flow, lines, usd } = bill(workload, prices);
  const services = SERVICES.flatMap((service) => {
    const own = lines.filter((line) => line.service === service);
    return own.length > 0 ? [{ service, usd: total(own), share: total(own) / usd }] : [];
  });
  const cluster = clusterLines(prices);
  return {
    ...{ flow, lines, services, usd },
    usdPerMillionEvents: (usd / (flow.events + (flow.logs?.lines ?? 0))) * MILLION,
    levers: leversOf(workload, prices, usd),
    cluster: { lines: cluster, usd: total(cluster) },
  };
};

const bill = (workload: Workload, prices: PriceTable) => {
  const flow = flowOf(workload);
  const lines = [
    ...kinesisLines(flow, prices),
    ...lambdaLines(flow, prices),
    ...dynamoLines(flow, prices),
    ...s3Lines(flow, prices),
    ...apiLines(flow, prices),
    ...cloudWatchLines(flow, prices),
    ...schedulerLines(flow, prices),
    ...learningLines(flow, prices),
    ...dataLines(flow, prices),
  ];
  return { flow, lines, usd: total(lines) };
};

const total = (lines: readonly { usd: number }[]): number => lines.reduce((sum, { usd }) => sum + usd, 0);

/** The longest window that Lambda takes. */
const LONGEST_WINDOW_SECONDS = 300;
const MEDIUM_WINDOW_SECONDS = 60;
const LONG_INTERVAL_SECONDS = 300;
/** What saves less than this is no lever. */
const WORTH_TELLING = 0.01;

/** What one change would save, and what is given for it. */
const leversOf = (workload: Workload, prices: PriceTable, usd: number): Lever[] => {
  const { family, windowSeconds, intervalSeconds, eventsPerRequest, pageHours, logs } = workload;
  const tries: (Omit<Lever, "savesUsd"> & { to: Partial<Workload>; isOpen: boolean })[] = [
    ...[MEDIUM_WINDOW_SECONDS, LONGEST_WINDOW_SECONDS].map((seconds) => ({
      change: `a batching window of ${seconds} s`,
      price: `results up to ${seconds} s later`,
      to: { windowSeconds: seconds },
      isOpen: windowSeconds < seconds,
    })),
    {
      change: `detectors with intervalSeconds ${LONG_INTERVAL_SECONDS}`,
      price: "one score per interval",
      to: { intervalSeconds: LONG_INTERVAL_SECONDS },
      isOpen: intervalSeconds < LONG_INTERVAL_SECONDS,
    },
    {
      change: "ten times the events per request",
      price: "producers gather longer",
      to: { eventsPerRequest: eventsPerRequest * 10 },
      isOpen: eventsPerRequest > 0,
    },
    {
      change: "the family isolation-forest",
      price: "one model for all series in the place of what each learns",
      to: { family: "isolation-forest" },
      isOpen: family === "stream",
    },
    ...(logs?.hasRates
      ? [
          {
            change: "a log detector without rates",
            price: "no word of templates that come more or less often",
            ...{ to: { logs: { ...logs, hasRates: false } }, isOpen: true },
          },
        ]
      : []),
    { change: "no open page", price: "look when you are told to", to: { pageHours: 0 }, isOpen: pageHours > 0 },
  ];
  return tries
    .filter(({ isOpen }) => isOpen)
    .map(({ change, price, to }) => ({ change, price, savesUsd: usd - bill({ ...workload, ...to }, prices).usd }))
    .filter(({ savesUsd }) => savesUsd >= WORTH_TELLING * usd);
};
