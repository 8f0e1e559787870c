import { AppError } from "@tidewatch/core/errors";

const UNIT_MS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * Period in milliseconds of a rate expression as EventBridge takes it: `rate(1 minute)`, `rate(5 minutes)`,
 * `rate(12 hours)`, `rate(7 days)`; the unit is singular for 1 and plural otherwise.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 *
 * @throws AppError VALIDATION
 */
export const parseRate = (expression: string): number => {
  const [, digits, unit, plural] = /^rate\(([1-9]\d*) (minute|hour|day)(s?)\)$/.exec(expression) ?? [];
  const value = Number(digits);
  const isSound =
    unit !== undefined && (plural === "s") === (value !== 1) && Number.isSafeInteger(value * UNIT_MS[unit]!);
  if (!isSound) {
    throw new AppError("VALIDATION", `${JSON.stringify(expression)} is no rate: write rate(1 minute) or rate(5 hours)`);
  }
  return value * UNIT_MS[unit]!;
};

/** Period for schedules finer than a rate expression can say. @throws AppError VALIDATION */
export const every = (seconds: number): number => {
  if (seconds > 0 && Number.isFinite(seconds)) return seconds * 1000;
  throw new AppError("VALIDATION", `a schedule runs every so many seconds above 0, not ${seconds}`);
};
