import { DriftCheck, type DriftFinding } from "@tidewatch/core/drift/check";
import { Report } from "@tidewatch/core/report/report";
import { saidOf } from "@tidewatch/core/report/verdict";

const HOUR_MS = 3_600_000;
export const WEEK_FROM_MS = Date.UTC(2026, 10, 9);
export const WEEK_TO_MS = WEEK_FROM_MS + 7 * 24 * HOUR_MS;

/** A wave with a step of this height at its 110th of 168 hours. */
const wave = (step: number) =>
  Array.from({ length: 168 }, (_, hour) =>
    hour === 40 ? null : Math.round(1000 * (Math.sin(hour / 3.8) + (hour > 110 ? step : 0))) / 1000,
  );

const finding = (parts: Partial<DriftFinding>): DriftFinding => ({
  ...{ statistic: "level", value: 0.4, limit: 1.6, effect: 0.4, unit: "deviations", isOver: false, drifted: false },
  ...{ sinceMs: null, sparkline: wave(0), text: "cpu is 0.4 standard deviations higher than usual." },
  ...parts,
});

export const sampleDrift = (): DriftCheck =>
  DriftCheck.parse({
    ...{ detector: "web", atMs: WEEK_TO_MS - HOUR_MS, modelVersion: 3, isProvisional: false, drifted: true },
    ...{ referenceFromMs: WEEK_FROM_MS - 28 * 24 * HOUR_MS, referenceToMs: WEEK_FROM_MS, referenceDays: 28 },
    sinceMs: WEEK_FROM_MS + 110 * HOUR_MS,
    verdict:
      "What comes in is not what the model learnt, since 2026-11-13 14:00 UTC. memory is 3.1 standard deviations higher than " +
      "usual. It is held against 28 days of reference.",
    findings: [
      finding({
        ...{ feature: "memory", value: 3.1, limit: 1.6, effect: 3.1, isOver: true, drifted: true, shape: "sudden" },
        ...{ sinceMs: WEEK_FROM_MS + 110 * HOUR_MS, sparkline: wave(3), entities: ["web-07", "web-12", "web-03"] },
        text: "memory is 3.1 standard deviations higher than usual.",
      }),
      finding({ feature: "cpu", statistic: "noise", value: 0.6, limit: 0.5, isOver: true, sparkline: wave(0.5) }),
      finding({ feature: "cpu" }),
      finding({ statistic: "volume", value: 0.05, limit: 0.4, unit: "ratio", sparkline: wave(0.1).slice(0, 72) }),
      finding({ statistic: "entities", value: 0, limit: 0, unit: "count", sparkline: [] }),
    ],
  });

/** A week of a detector in which something happened, for tests of what is shown. */
export const sampleReport = (parts: Partial<Report> = {}): Report => {
  const days = Array.from({ length: 7 }, (_, day) =>
    new Date(WEEK_FROM_MS + day * 24 * HOUR_MS).toISOString().slice(0, 10),
  );
  const counts = [0, 1, 0, 0, 4, 6, 3];
  const facts = {
    ...{ format: 1 as const, id: "web-week-2026-11-09", kind: "week" as const, detector: "web", family: "var" },
    ...{ description: "CPU and memory of the web servers", atMs: WEEK_TO_MS, fromMs: WEEK_FROM_MS, toMs: WEEK_TO_MS },
    createdAtMs: WEEK_TO_MS + 2 * HOUR_MS,
    model: {
      ...{ version: 3, sinceMs: WEEK_FROM_MS + 20 * HOUR_MS, trainingRows: 184_320 },
      ...{ trainingFromMs: WEEK_FROM_MS - 28 * 24 * HOUR_MS, trainingToMs: WEEK_FROM_MS },
      moves: [
        {
          ...{ alias: "champion", version: 3, sinceMs: WEEK_FROM_MS + 20 * HOUR_MS, by: "workflow" },
          reason: "fewer false alarms, all incidents kept",
        },
        { alias: "previous", version: 2, sinceMs: WEEK_FROM_MS + 20 * HOUR_MS, by: "workflow", reason: "" },
      ],
    },
    alerts: {
      ...{ incidents: 14, anomalies: 61, suppressed: 4, incidentsBefore: 3, isCapped: false },
      byDay: days.map((day, at) => ({ day, incidents: counts[at]!, anomalies: counts[at]! * 4 })),
      byEntity: [
        { entity: "web-07", incidents: 8, anomalies: 40 },
        { entity: "web-12", incidents: 4, anomalies: 15 },
        { entity: "a-very-long-name-of-a-host.eu-central-1.compute.internal", incidents: 2, anomalies: 6 },
      ],
    },
    data: {
      ...{ series: 20, counted: 20, lastRowMs: WEEK_TO_MS - 60_000 },
      byDay: days.map((day, at) => ({ day, rows: at === 2 ? 9_100 : 28_780 + at })),
    },
    drift: sampleDrift(),
    ...parts,
  };
  return Report.parse({ ...facts, ...saidOf(facts), ...parts });
};
