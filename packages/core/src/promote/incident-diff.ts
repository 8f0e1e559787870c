import type { ComparedSeries, GateEvidence, LabelledSpan } from "./evidence.ts";
import { addCounts, emptyTally, type ModelTally, type ShadowIncident } from "./tally.ts";

/** An incident of one model: whether the other one reports it too, and what people said of it. */
export type JudgedIncident = ShadowIncident & { isCommon: boolean; label: LabelledSpan["label"] | undefined };

/** What one model made of all rows. */
export type ModelView = {
  rows: number;
  anomalies: number;
  expected: number;
  histogram: number[];
  incidents: JudgedIncident[];
  dropped: number;
  /** Labelled anomalies that it reports. */
  hits: number;
};

/** Both models' view of the same rows, side by side: swapping the models swaps the views. */
export type Views = {
  champion: ModelView | undefined;
  challenger: ModelView;
  /** Spans that people labelled anomalous, in the series and the time that were compared. */
  labelledAnomalies: number;
};

export const viewsOf = ({ series, labels, champion }: GateEvidence): Views => {
  const views: Views = {
    champion: champion && emptyView(),
    challenger: emptyView(),
    labelledAnomalies: 0,
  };
  const labelsOf = Map.groupBy(labels, ({ entity }) => entity);
  for (const one of series) addSeries(views, one, labelsOf.get(one.entity) ?? []);
  return views;
};

const emptyView = (): ModelView => {
  const { rows, anomalies, expected, histogram, dropped } = emptyTally();
  return { rows, anomalies, expected, histogram, dropped, incidents: [], hits: 0 };
};

const addSeries = (views: Views, one: ComparedSeries, labels: readonly LabelledSpan[]): void => {
  const within = labels.filter((label) => label.fromMs <= one.toMs && label.toMs > one.fromMs);
  const anomalous = within.filter(({ label }) => label === "anomalous");
  views.labelledAnomalies += anomalous.length;
  const add = (view: ModelView, tally: ModelTally, other: ModelTally | undefined): void => {
    addCounts(view, tally);
    view.dropped += tally.dropped;
    for (const incident of tally.incidents) {
      const isCommon = other?.incidents.some((theirs) => overlaps(incident, theirs)) ?? false;
      view.incidents.push({ ...incident, isCommon, label: labelOf(incident, within) });
    }
    view.hits += anomalous.filter((label) => tally.incidents.some((incident) => isOf(incident, label))).length;
  };
  add(views.challenger, one.challenger, one.champion);
  if (views.champion && one.champion) add(views.champion, one.champion, one.challenger);
};

type Span = { fromMs: number; toMs: number };
/** Both ends inclusive. */
const overlaps = (a: Span, b: Span): boolean => a.fromMs <= b.toMs && b.fromMs <= a.toMs;
/** A label ends before its `toMs`. */
const isOf = (incident: Span, label: Span): boolean => incident.fromMs < label.toMs && label.fromMs <= incident.toMs;

const labelOf = (incident: Span, labels: readonly LabelledSpan[]): LabelledSpan["label"] | undefined => {
  const own = labels.filter((label) => isOf(incident, label));
  return own.some(({ label }) => label === "anomalous") ? "anomalous" : own[0]?.label;
};

/** Incidents that nobody called a true one. */
export const falseIncidents = ({ incidents, dropped }: ModelView): number =>
  dropped + incidents.filter(({ label }) => label !== "anomalous").length;

/** Share of the rows that alert though nobody called it right. */
export const falseShare = ({ rows, anomalies, incidents }: ModelView): number => {
  const right = incidents.filter(({ label }) => label === "anomalous").reduce((sum, one) => sum + one.rows, 0);
  return rows === 0 ? 0 : (anomalies - right) / rows;
};
