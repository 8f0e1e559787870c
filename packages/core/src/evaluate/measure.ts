import { type EventRows, eventOfRows } from "./events.ts";
import { eventRecallAt, falseAlarmsPerDay } from "./false-alarms.ts";
import { harmonicMean, type Ranking, rankingOf } from "./ranking.ts";

/** The rows of one series that a model was not trained on, and what it said of them. */
export type JudgedRows = {
  /** Epoch milliseconds, ascending; a few that step back do no harm. */
  timestamps: Float64Array;
  scores: Float64Array;
  /** 1: reported as an anomaly at the detector's own threshold. */
  isAnomaly: Uint8Array;
};

/** What the detector's own threshold came to. */
export type AtThreshold = {
  /** By rows; without any alarm 0, as nothing was shown to be right. */
  precision: number;
  recall: number;
  f1: number;
  /** Share of the events of which a row at least was reported. */
  eventRecall: number;
};
export type EventMeasures = AtThreshold & Ranking & { eventRecallAtOneADay: number };
/** `events` absent: nothing was labelled in these rows, so that only false alarms could be counted. */
export type Measures = { falseAlarmsPerDay: number; ofEvents: EventMeasures | undefined };

const ONE_A_DAY = 1;

/** Everything that is said of one series: point-wise and by events, never point-adjusted (see docs/evaluate.md). */
export const measure = ({ timestamps, scores, isAnomaly }: JudgedRows, events: readonly EventRows[]): Measures => ({
  falseAlarmsPerDay: falseAlarmsPerDay(timestamps, isAnomaly, events),
  ofEvents:
    events.length === 0
      ? undefined
      : {
          ...atThreshold(isAnomaly, events),
          ...rankingOf(scores, events),
          eventRecallAtOneADay: eventRecallAt(ONE_A_DAY, timestamps, scores, events),
        },
});

const atThreshold = (isAnomaly: Uint8Array, events: readonly EventRows[]): AtThreshold => {
  const eventOf = eventOfRows(isAnomaly.length, events);
  const found = new Set<number>();
  let [alarms, right, positives] = [0, 0, 0];
  isAnomaly.forEach((flag, row) => {
    const event = eventOf[row]!;
    if (event >= 0) positives++;
    if (flag !== 1) return;
    alarms++;
    if (event < 0) return;
    right++;
    found.add(event);
  });
  const precision = alarms > 0 ? right / alarms : 0;
  const recall = right / positives;
  return { precision, recall, f1: harmonicMean(precision, recall), eventRecall: found.size / events.length };
};

/** Mean over the series, each counting alike; of events only over those series that have some. */
export const meanMeasures = (all: readonly Measures[]): Measures => {
  const withEvents = all.flatMap(({ ofEvents }) => (ofEvents ? [ofEvents] : []));
  const [first] = withEvents;
  const keys = first ? (Object.keys(first) as (keyof EventMeasures)[]) : [];
  return {
    falseAlarmsPerDay: mean(all.map((one) => one.falseAlarmsPerDay)),
    ofEvents: first && {
      ...first,
      ...Object.fromEntries(keys.map((key) => [key, mean(withEvents.map((one) => one[key]))])),
    },
  };
};

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
