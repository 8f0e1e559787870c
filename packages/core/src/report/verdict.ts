import { dayOf, type Report } from "./report.ts";

/** What people are told first. */
type Facts = Omit<Report, "tone" | "title" | "verdict">;

/** Twice as many incidents as before, and at least this many more: a change that nobody should overlook. */
const RISE = 2;
const RISE_MIN = 3;
/** Days on which less than half of the usual rows came. */
const VOLUME_DROP = 0.5;

/** Title, one paragraph and how grave it is: the gravest thing first, then what else there is to know. */
export const saidOf = (facts: Facts): Pick<Report, "tone" | "title" | "verdict"> => {
  const { detector, drift, alerts } = facts;
  const isDrifted = drift?.drifted === true && !drift.isProvisional;
  const isBusy = rose(facts);
  const isSilent = total(facts) === 0;
  const isThin = thinDays(facts).length > 0;
  const tone = isDrifted || isSilent ? "bad" : isBusy || isThin || drift?.drifted ? "watch" : "good";
  const title = isSilent
    ? `${detector}: no data came`
    : isDrifted
      ? `${detector}: the data have drifted`
      : isBusy
        ? `${detector}: more incidents than before`
        : isThin
          ? `${detector}: data are missing`
          : `${detector}: ${alerts.incidents === 0 ? "quiet" : incidentsText(alerts.incidents)}`;
  const sentences = [driftSentence(facts), alertSentence(facts), dataSentence(facts), modelSentence(facts)];
  return { tone, title, verdict: sentences.filter(Boolean).join(" ") };
};

const total = ({ data }: Facts): number => data.byDay.reduce((sum, { rows }) => sum + rows, 0);
const rose = ({ alerts }: Facts): boolean =>
  alerts.incidents >= RISE * alerts.incidentsBefore && alerts.incidents - alerts.incidentsBefore >= RISE_MIN;

/** Whole days only: the first and the last of a span that ends now are cut. */
export const thinDays = ({ data, fromMs, toMs }: Facts): string[] => {
  const whole = data.byDay.filter(({ day }) => {
    const startMs = Date.parse(day);
    return startMs >= fromMs && startMs + 86_400_000 <= toMs;
  });
  const usual = [...whole.map(({ rows }) => rows)].sort((a, b) => a - b)[Math.floor(whole.length / 2)] ?? 0;
  return whole.filter(({ rows }) => rows < VOLUME_DROP * usual).map(({ day }) => day);
};

const driftSentence = ({ drift, family }: Facts): string => {
  if (!drift) return family === "stream" ? "" : "No drift check has been made in this time.";
  return drift.verdict;
};

const incidentsText = (count: number): string => `${count} incident${count === 1 ? "" : "s"}`;

const alertSentence = ({ alerts, kind }: Facts): string => {
  const { incidents, incidentsBefore, byEntity, isCapped } = alerts;
  const span = kind === "day" ? "day" : "week";
  if (incidents === 0) {
    return incidentsBefore === 0
      ? "There was no incident, as in the time before."
      : `There was no incident, after ${incidentsBefore} the ${span} before.`;
  }
  const [worst] = byEntity;
  const where =
    byEntity.length > 1 && worst && worst.incidents > 1 ? `, ${worst.incidents} of them on ${worst.entity}` : "";
  const count = `${isCapped ? "At least " : ""}${incidentsText(incidents)}`;
  return `${count} ${incidents === 1 ? "was" : "were"} reported${where}; the ${span} before there ${
    incidentsBefore === 1 ? "was 1" : `were ${incidentsBefore}`
  }.`;
};

const dataSentence = (facts: Facts): string => {
  const { data } = facts;
  if (data.series === 0) return "No data have come yet.";
  if (total(facts) === 0) {
    const since = data.lastRowMs === null ? "" : ` since ${timeText(data.lastRowMs)}`;
    return `No data have come${since}: look whether the producers still run.`;
  }
  const thin = thinDays(facts);
  if (thin.length === 0) return "";
  const days = thin.length === 1 ? `On ${thin[0]}` : `On ${thin.length} days, ${thin[0]} first,`;
  return `${days} less than half of the usual rows came.`;
};

const modelSentence = ({ model, family, toMs }: Facts): string => {
  if (family === "stream") return "Its series learn row by row; there is no model to replace.";
  if (model.version === null || model.sinceMs === null) return "There is no model yet: rows warm up.";
  const change = model.moves.find(({ alias }) => alias === "champion");
  if (change) {
    const why = change.reason ? ` (${change.reason})` : "";
    return `Version ${change.version ?? "none"} went live on ${dayOf(change.sinceMs)}${why}.`;
  }
  const days = Math.max(0, Math.floor((toMs - model.sinceMs) / 86_400_000));
  return `Version ${model.version} has been live for ${days === 1 ? "a day" : `${days} days`}.`;
};

/** For people, in UTC. */
export const timeText = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
