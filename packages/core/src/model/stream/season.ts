const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const HOURS = 24;
const WEEKDAYS = 7;
/** Hours of the day that must have been seen before the season says anything: sparse series never get there. */
const HOURS_NEEDED = 22;
/** Share of an hour's new mean, and of a weekday's, that enters the season. */
const HOUR_RATE = 0.3;
const WEEKDAY_RATE = 0.5;
/** Errors with and without the season are compared over so many rows, and not before 100. */
const COMPARED_ROWS = 330;
const COMPARED_ROWS_MIN = 100;
/** The season helps when it lowers the mean error by a tenth. */
const HELPFUL_SHARE = 0.9;

/**
 * A profile of the day by hours of UTC, and an offset per day of the week, both learnt from whole hours and days that have
 * ended. A change of the clocks moves the profile by an hour; it is learnt anew within days.
 */
export type Season = {
  /** Mean per hour; NaN for hours not seen. */
  hours: Float32Array;
  /** Hours seen. */
  known: number;
  weekdays: Float32Array;
  /** The hour being collected, −1 before the first, and the sum of its rows without the weekday's offset. */
  hour: number;
  hourSum: number;
  hourRows: number;
  /** The day being collected, −1 before the first, and the sum of what is left of its rows without the profile. */
  weekday: number;
  weekdaySum: number;
  weekdayRows: number;
  /** Moving average of what is left without the season. */
  level: number;
  /** Rows that were compared, and the mean absolute errors: without the season and with it. */
  compared: number;
  plainError: number;
  seasonalError: number;
};

export const freshSeason = (): Season => ({
  hours: new Float32Array(HOURS).fill(Number.NaN),
  known: 0,
  weekdays: new Float32Array(WEEKDAYS),
  hour: -1,
  hourSum: 0,
  hourRows: 0,
  weekday: -1,
  weekdaySum: 0,
  weekdayRows: 0,
  level: 0,
  compared: 0,
  plainError: 0,
  seasonalError: 0,
});

const timeOfDay = (timestampMs: number): number => ((timestampMs % DAY_MS) + DAY_MS) % DAY_MS;
const weekdayOf = (timestampMs: number): number =>
  ((Math.floor(timestampMs / DAY_MS) % WEEKDAYS) + WEEKDAYS) % WEEKDAYS;

/** The profile between the middles of two hours; NaN while too little of the day is known. */
const profileAt = ({ hours }: Season, timestampMs: number): number => {
  const position = timeOfDay(timestampMs) / HOUR_MS - 0.5;
  const before = Math.floor(position);
  const from = hours[(before + HOURS) % HOURS]!;
  const to = hours[(before + 1) % HOURS]!;
  if (Number.isNaN(from)) return to;
  return Number.isNaN(to) ? from : from + (to - from) * (position - before);
};

/** What the season expects at a time: profile, weekday and level. NaN while it is not known. */
export const seasonalValue = (season: Season, timestampMs: number): number => {
  if (season.known < HOURS_NEEDED) return Number.NaN;
  return profileAt(season, timestampMs) + season.weekdays[weekdayOf(timestampMs)]! + season.level;
};

export const seasonHelps = ({ compared, plainError, seasonalError }: Season): boolean =>
  compared > COMPARED_ROWS_MIN && seasonalError < HELPFUL_SHARE * plainError;

/** Before a row is looked at: an hour or a day that has ended enters the season. */
export const advanceSeason = (season: Season, timestampMs: number): void => {
  closeHour(season, Math.floor(timeOfDay(timestampMs) / HOUR_MS));
  closeWeekday(season, weekdayOf(timestampMs));
};

/**
 * Learns a row. Residuals are what the forecasts with the season, NaN where there was none, and without it missed;
 * `levelRate` is that of the moving average.
 */
export const learnSeason = (
  season: Season,
  value: number,
  timestampMs: number,
  seasonalResidual: number,
  plainResidual: number,
  levelRate: number,
): void => {
  season.hourSum = Math.fround(season.hourSum + value - season.weekdays[season.weekday]!);
  season.hourRows++;
  if (Number.isNaN(seasonalResidual)) return;
  season.weekdaySum = Math.fround(season.weekdaySum + value - profileAt(season, timestampMs));
  season.weekdayRows++;
  season.compared = Math.min(season.compared + 1, COMPARED_ROWS);
  season.plainError = movedTowards(season.plainError, plainResidual, season.compared);
  season.seasonalError = movedTowards(season.seasonalError, seasonalResidual, season.compared);
  season.level = Math.fround(season.level + levelRate * seasonalResidual);
};

/** Mean absolute residual over the last rows. */
const movedTowards = (error: number, residual: number, rows: number): number =>
  Math.fround(error + (Math.abs(residual) - error) / rows);

const closeHour = (season: Season, hour: number): void => {
  if (hour === season.hour) return;
  if (season.hourRows > 0) {
    const mean = season.hourSum / season.hourRows;
    const known = season.hours[season.hour]!;
    if (Number.isNaN(known)) season.known++;
    season.hours[season.hour] = Number.isNaN(known) ? mean : known + HOUR_RATE * (mean - known);
  }
  season.hour = hour;
  season.hourSum = 0;
  season.hourRows = 0;
};

const closeWeekday = (season: Season, weekday: number): void => {
  if (weekday === season.weekday) return;
  if (season.weekdayRows > 0) {
    const known = season.weekdays[season.weekday]!;
    season.weekdays[season.weekday] = known + WEEKDAY_RATE * (season.weekdaySum / season.weekdayRows - known);
  }
  season.weekday = weekday;
  season.weekdaySum = 0;
  season.weekdayRows = 0;
};
