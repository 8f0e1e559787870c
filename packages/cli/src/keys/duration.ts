import { InvalidArgumentError } from "commander";

const HOUR_MS = 3_600_000;
const UNITS: Record<string, number> = { h: HOUR_MS, d: 24 * HOUR_MS, w: 7 * 24 * HOUR_MS };
const DURATION = /^([1-9]\d{0,5})([hdw])$/;

/** `12h`, `90d` or `4w`, in milliseconds. */
export const duration = (text: string): number => {
  const [, count, unit] = DURATION.exec(text) ?? [];
  if (count === undefined || unit === undefined) {
    throw new InvalidArgumentError("It must be hours, days or weeks, such as 12h, 90d or 4w.");
  }
  return Number(count) * UNITS[unit]!;
};
