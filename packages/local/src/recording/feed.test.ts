import type { StreamEntry } from "@tidewatch/core/store/ports";
import { describe, expect, it } from "vitest";
import { feedRecording } from "./feed.ts";
import type { Recording } from "./recording.ts";

const SECOND_MS = 1000;
const recording: Recording = {
  entity: "host",
  events: Array.from({ length: 1200 }, (_, second) => ({
    type: "metric",
    entity: "host",
    timestamp: second * SECOND_MS,
    values: { cpu: second },
  })),
  startMs: 0,
  endMs: 1_199_000,
  faults: [{ kind: "cpu-hog", startMs: 700_000, endMs: 760_000 }],
  busy: [],
};

/** Ports that write down what happens, in order; `takenUntilMs` is where an earlier run ended. */
const recorded = ({ takenUntilMs = -1, hasModel = false, abortAfterPuts = Number.POSITIVE_INFINITY } = {}) => {
  const story: string[] = [];
  const put: StreamEntry[] = [];
  const stop = new AbortController();
  let puts = 0;
  const ports = {
    stream: {
      putMany: async (entries: readonly StreamEntry[]) => {
        story.push(`put ${entries.length}`);
        put.push(...entries);
        if (++puts >= abortAfterPuts) stop.abort();
        return entries.map(() => ({ shardId: "s", sequenceNumber: "1" }));
      },
    },
    drained: async () => void story.push("drained"),
    takenUntilMs: async () => takenUntilMs,
    hasModel: async () => hasModel,
    train: async () => void story.push("train"),
    now: () => 0,
    signal: stop.signal,
  };
  const times = () => put.map(({ data }) => JSON.parse(new TextDecoder().decode(data)).timestamp);
  return { ports, story, times };
};

describe("feeding the recording", () => {
  it("trains on everything before the first fault, and only then goes on", async () => {
    const { ports, story, times } = recorded();

    const report = await feedRecording(ports, recording, () => {});

    expect(story).toEqual(["drained", "put 500", "put 200", "drained", "train", "put 500", "drained"]);
    expect(times()).toEqual(recording.events.map(({ timestamp }) => timestamp));
    expect(report).toMatchObject({ events: 1200, isInterrupted: false });
  });

  it("goes on where an earlier run ended, with the model that is there", async () => {
    const { ports, story, times } = recorded({ takenUntilMs: 899_000, hasModel: true });

    await feedRecording(ports, recording, () => {});

    expect(story).not.toContain("train");
    expect(times()).toEqual(recording.events.slice(900).map(({ timestamp }) => timestamp));
  });

  it("stops after the put under way when it is interrupted, and does not train on half of it", async () => {
    const { ports, story } = recorded({ abortAfterPuts: 1 });

    const report = await feedRecording(ports, recording, () => {});

    expect(story).toEqual(["drained", "put 500"]);
    expect(report.isInterrupted).toBe(true);
  });
});
