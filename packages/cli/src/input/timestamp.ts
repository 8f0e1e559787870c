import { EARLIEST_TIMESTAMP_MS, LATEST_TIMESTAMP_MS } from "@tidewatch/core/ingest/event";

/** Numbers below this are epoch seconds (1e11 s is the year 5138), others milliseconds (1e11 ms is March 1973). */
const FIRST_MILLISECONDS = 1e11;

const NUMBER = /^\d+(\.\d+)?$/;
const DATE_TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?([.,]\d{1,9})?)?\s*(Z|z|[+-]\d\d:?\d\d)?$/;

/**
 * Epoch milliseconds of RFC 3339 text, of `YYYY-MM-DD HH:MM[:SS[.fff]]` or `YYYY-MM-DD` (UTC when no offset is given), or
 * of epoch seconds or milliseconds. `undefined` when the text is none of these, or no date between 1990 and 2100.
 */
export const parseTimestamp = (text: string): number | undefined => {
  const trimmed = text.trim();
  const ms = NUMBER.test(trimmed) ? fromNumber(Number(trimmed)) : fromText(trimmed);
  return ms !== undefined && ms >= EARLIEST_TIMESTAMP_MS && ms < LATEST_TIMESTAMP_MS ? ms : undefined;
};

const fromNumber = (value: number): number => Math.round(value < FIRST_MILLISECONDS ? value * 1000 : value);

const fromText = (text: string): number | undefined => {
  const match = DATE_TIME.exec(text);
  if (!match) return undefined;
  const [, date, minutes = "00:00", seconds = ":00", fraction = "", offset = "Z"] = match;
  // Date.parse rolls 30 February over to March; the date alone tells.
  const midnight = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== date) return undefined;
  const milliseconds = fraction.replace(",", ".").slice(0, 4);
  const ms = Date.parse(`${date}T${minutes}${seconds}${milliseconds}${offset.toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : ms;
};
