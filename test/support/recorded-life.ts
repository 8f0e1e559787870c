import { readRecording, trainingEndMs } from "@tidewatch/local/recording/recording";

/** The recorded machine, played slowly: a second of the recording is five minutes, its part without faults comes again and again. */

const DAY_MS = 86_400_000;
const ROW_MS = 300_000;
/** Days before now at which each part of its life begins. */
export const LIFE = { calm: 16, busier: 6.9, shadow: 2.4, watch: 1.6, end: 1.2 };
type Values = Record<string, number>;

export const machine = (onDrift: boolean) => ({
  id: "machine",
  match: { entity: "recorded-host" },
  features: [{ metric: "cpuPercent" }, { metric: "memoryUsedPercent" }, { metric: "load1" }],
  model: { family: "isolation-forest", minTrainingRows: 600 },
  retraining: { onDrift, shadowHours: 6, watchHours: 3 },
  reports: { mail: ["ops@example.com"] },
});

/** A new release works harder, and keeps more in memory. */
export const busier = ({ cpuPercent, memoryUsedPercent, load1, ...others }: Values): Values => ({
  ...others,
  cpuPercent: Math.min(100, cpuPercent! + 30),
  memoryUsedPercent: memoryUsedPercent! + 30,
  load1: load1! + 6,
});

/** Its events of the days from `from` to `to` before now, one JSON text each. */
export const recordedLife = async (nowMs: number) => {
  const endMs = Math.floor(nowMs / ROW_MS) * ROW_MS;
  const dayBefore = (days: number): number => endMs - days * DAY_MS;
  const recording = await readRecording();
  const calm = recording.events.filter(({ timestamp }) => timestamp < trainingEndMs(recording));
  const events = (from: number, to: number, change: (values: Values) => Values = (values) => values): string[] => {
    const lines: string[] = [];
    for (let timestamp = dayBefore(from); timestamp < dayBefore(to); timestamp += ROW_MS) {
      const event = calm[Math.round((timestamp - dayBefore(LIFE.calm)) / ROW_MS) % calm.length]!;
      lines.push(JSON.stringify({ ...event, timestamp, values: change(event.values as Values) }));
    }
    return lines;
  };
  return { events, dayBefore };
};
