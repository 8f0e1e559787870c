const timeOfDay = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayAndTime = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const hourAndMinute = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dayOnly = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

const DAY_SECONDS = 86_400;
const MINUTE_SECONDS = 60;

export const clockTime = (epochMs: number): string => timeOfDay.format(epochMs);
export const dateTime = (epochMs: number): string => dayAndTime.format(epochMs);

/** A length of time in its largest two units: `45 s`, `2 min 5 s`, `3 h 0 min`. */
export const duration = (ms: number): string => {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

/** The label of a tick on a time axis, no finer than the axis steps. */
export const tickTime = (epochMs: number, stepSeconds: number): string => {
  if (stepSeconds >= DAY_SECONDS) return dayOnly.format(epochMs);
  return stepSeconds >= MINUTE_SECONDS ? hourAndMinute.format(epochMs) : clockTime(epochMs);
};
