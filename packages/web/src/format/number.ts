import { metricLabel, type Unit } from "./metric.ts";

export const NO_VALUE = "–";
const KIBI = 1024;
const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const plain = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

export const count = (value: number): string => whole.format(value);

/** Three significant digits; thousands and more in words (12.3K), except that integers below 10,000 stay whole. */
export const short = (value: number): string => {
  if (Number.isInteger(value) && Math.abs(value) < 10_000) return whole.format(value);
  return Math.abs(value) >= 1000 ? compact.format(value) : plain.format(value);
};

export const percent = (share: number): string => `${plain.format(100 * share)} %`;

export const bytes = (value: number): string => {
  const magnitude = Math.abs(value);
  const power = magnitude < 1 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log(magnitude) / Math.log(KIBI)));
  return `${plain.format(Number((value / KIBI ** power).toPrecision(3)))} ${BYTE_UNITS[power]}`;
};

const WRITERS: Record<Unit, (value: number) => string> = {
  percent: (value) => `${short(value)} %`,
  "bytes-per-second": (value) => `${bytes(value)}/s`,
  bytes,
  milliseconds: (value) => `${short(value)} ms`,
  seconds: (value) => `${short(value)} s`,
  none: short,
};

/** A metric's value with the unit that its name tells. */
export const metricValue = (name: string, value: number | null | undefined): string =>
  value === null || value === undefined ? NO_VALUE : WRITERS[metricLabel(name).unit](value);
