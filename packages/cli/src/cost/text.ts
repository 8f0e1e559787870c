import { table } from "../output/table.ts";
import type { Estimate } from "./estimate.ts";
import { dollars, figure, percent } from "./figure.ts";
import { MEASURED } from "./measured.ts";
import type { Price, PriceTable } from "./prices.ts";

const MILLION = 1_000_000;
/** Lines that are named as what drives the bill. */
const DRIVERS = 3;

/** The estimate for people; `isLong` shows every line with its arithmetic. */
export const estimateText = (estimate: Estimate, { asOf }: PriceTable, region: string, isLong: boolean): string =>
  [
    headLine(estimate),
    ...logHeadLines(estimate),
    `Prices of ${region}, ${asOf}, without free tiers, discounts and taxes; sizes and times measured ${MEASURED.measuredOn}.`,
    "",
    isLong ? linesTable(estimate) : servicesTable(estimate),
    "",
    `${dollars(estimate.usdPerMillionEvents)} per million events${estimate.flow.logs ? " and lines" : ""}.`,
    "",
    "What drives it:",
    ...driverLines(estimate),
    ...leverLines(estimate),
    "",
    ...clusterText(estimate),
  ].join("\n");

const headLine = ({ flow }: Estimate): string => {
  const { entities, detectors, family, metrics, eventsPerSecond, windowSeconds, intervalSeconds } = flow.workload;
  const rate = `${figure(eventsPerSecond)} events a second (${figure(flow.events)} a month)`;
  const rows = intervalSeconds > 0 ? `, a row per ${intervalSeconds} s` : "";
  const many = `${figure(entities)} entities, ${detectors} ${detectors === 1 ? "detector" : "detectors"}`;
  const of = `${family} over ${metrics} ${metrics === 1 ? "metric" : "metrics"}`;
  return `${many}, ${of}, ${rate}, batching window ${windowSeconds} s${rows}`;
};

const logHeadLines = ({ flow: { logs } }: Estimate): string[] => {
  if (!logs) return [];
  const { linesPerSecond, lineBytes, lines, linesPerSession, sessionSeconds, templates, hasRates } = logs;
  const rate = `${figure(linesPerSecond)} log lines a second (${figure(lines)} a month) of ${lineBytes} bytes`;
  const sessions = linesPerSession > 0 ? `sessions of ${linesPerSession} lines in ${sessionSeconds} s` : "no sessions";
  return [`${rate}, ${sessions}, ${templates} templates ${hasRates ? "with" : "without"} rates`];
};

const servicesTable = ({ services, usd }: Estimate): string =>
  table(
    ["service", "$ a month", "share"],
    [
      ...services.map((service) => [service.service, flushRight(dollars(service.usd)), percent(service.share)]),
      ["together", flushRight(dollars(usd)), "100 %"],
    ],
  );

/** Widest amount that lines up. */
const AMOUNT_WIDTH = 9;
const flushRight = (text: string): string => text.padStart(AMOUNT_WIDTH);

const linesTable = ({ services, lines, usd }: Estimate): string =>
  table(
    ["service", "$ a month", "what", "quantity and price", "how it comes about"],
    [
      ...services.flatMap(({ service, usd: sum, share }) => [
        [service, flushRight(dollars(sum)), percent(share), "", ""],
        ...lines
          .filter((line) => line.service === service)
          .map((line) => ["", flushRight(dollars(line.usd)), line.item, priced(line), line.how]),
      ]),
      ["together", flushRight(dollars(usd)), "", "", ""],
    ],
  );

/** 730 hours × $0.04 · 43.81 M write units × $0.625 per M */
const priced = ({ quantity, price }: { quantity: number; price: Price }): string => {
  const per = price.per === 1 ? "" : ` per ${price.per === MILLION ? "M" : figure(price.per)}`;
  return `${figure(quantity)} ${price.unit} × $${price.usd}${per}`;
};

const driverLines = ({ lines, usd }: Estimate): string[] =>
  [...lines]
    .sort((a, b) => b.usd - a.usd)
    .slice(0, DRIVERS)
    .map((line) => `  ${percent(line.usd / usd)}  ${line.service}, ${line.item}: ${priced(line)}`);

const leverLines = ({ levers, usd }: Estimate): string[] => {
  if (levers.length === 0) return [];
  const texts = levers.map(
    ({ change, price, savesUsd }) =>
      `  −${dollars(savesUsd)} (${percent(savesUsd / usd)})  ${change}; the price: ${price}`,
  );
  return ["", "What helps:", ...texts];
};

const clusterText = ({ cluster, usd }: Estimate): string[] => {
  const ratio = cluster.usd / usd;
  const verdict = ratio >= 1 ? `${ratio.toFixed(1)} times as much` : `${percent(ratio)} of the above`;
  return [
    `A three-node EKS cluster for the same job: ${dollars(cluster.usd)} a month, ${verdict}, before anything runs on it`,
    ...cluster.lines.map((line) => `  ${flushRight(dollars(line.usd))}  ${line.item}, ${line.how}: ${priced(line)}`),
  ];
};
