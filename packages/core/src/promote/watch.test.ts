import { describe, expect, test } from "vitest";
import { challenge, normalValues } from "../../../../test/support/challenge.ts";
import { record, T0 } from "../../../../test/support/scoring.ts";
import { keepFailed } from "../ingest/failed.ts";
import { aliasAt, aliasOf, moveAlias } from "../register/aliases.ts";
import { modelFileKey, promote } from "../register/models.ts";
import { promoteVersion } from "../register/promote-version.ts";
import type { Table } from "../store/ports.ts";
import { rollBack } from "./roll-back.ts";
import { watchPromotion } from "./watch.ts";
import { type Watched, watchRules } from "./watch-rules.ts";

const HOUR_MS = 3_600_000;
const CAUSE = { by: "test", reason: "test" };
const OLD = { center: 50, scale: 10 };
const AWAY = { center: 500, scale: 10 };

/** Version 1 for ten hours, then version 2, made for this regime. */
const promoted = async (regime: { center: number; scale: number }, parts: object = {}) => {
  const rig = await challenge(parts);
  await rig.register(OLD);
  await promote(rig.ports, "host", 1, T0, CAUSE);
  await rig.live(normalValues(600, OLD, 3));
  rig.state.nowMs = T0 + 10 * HOUR_MS;
  await rig.register(regime);
  await promote(rig.ports, "host", 2, rig.state.nowMs, CAUSE);
  await watchPromotion(rig.ports, rig.of, 2, rig.state.nowMs);
  return rig;
};
type Rig = Awaited<ReturnType<typeof promoted>>;
const look = (rig: Rig, hoursLater: number) => watchPromotion(rig.ports, rig.of, 2, T0 + (10 + hoursLater) * HOUR_MS);

describe("watchPromotion", () => {
  test("a version that keeps its bands is watched for as long as the policy says, and kept", async () => {
    const rig = await promoted(OLD);
    await rig.live(normalValues(360, OLD, 9));
    const now = await look(rig, 6);
    expect(now).toMatchObject({ state: "watching", reason: "version 2 has kept its bands for 6.0 hours." });
    expect(now.progress).toBeCloseTo(0.25, 5);
    expect(now.rules.every(({ passed }) => passed)).toBe(true);
    // A replay is faster than the clock: what counts is then the time of the events.
    await rig.live(normalValues(1100, OLD, 9));
    expect(await look(rig, 7)).toMatchObject({ state: "kept", progress: 1 });
    expect((await aliasOf(rig.ports, "host", "champion"))?.version).toBe(2);
  });

  test("one that alerts beyond its band is rolled back, and the history says why; a repeat finds that", async () => {
    const rig = await promoted(AWAY);
    await rig.live(normalValues(50, OLD, 9));
    // 50 of some 1,400 rows of a day: a fault of that length is no regression yet.
    expect((await look(rig, 0.8)).state).toBe("watching");
    await rig.live(normalValues(50, OLD, 10));
    const report = await look(rig, 1.6);
    expect(report.state).toBe("rolled-back");
    expect(report.reason).toMatch(
      /^version 2 was rolled back: it alerts on 100 % of 100 rows, before it was [0-9.]+ %; the whole watch may see 5.0 %.$/,
    );
    const move = await aliasAt(rig.ports, "host", "champion", T0 + 100 * HOUR_MS);
    expect(move).toMatchObject({ version: 1, before: 2, by: "watch", reason: report.reason });
    expect(move?.evidence).toMatchObject({
      rules: expect.arrayContaining([expect.objectContaining({ passed: false })]),
    });
    expect(await aliasOf(rig.ports, "host", "previous")).toMatchObject({ version: 2 });
    expect(await look(rig, 2)).toMatchObject({ state: "rolled-back", reason: report.reason });
  });

  test("a version that cannot be loaded any more is rolled back at once", async () => {
    const rig = await promoted(OLD);
    await rig.ports.blobs.put(modelFileKey("host", 2, "model.onnx"), new Uint8Array(3));
    const report = await look(rig, 0.1);
    expect(report).toMatchObject({ state: "rolled-back", reason: /rolled back: it cannot be used: .*sha256/ });
  });

  test("records that scoring puts aside because of the detector count, those of others do not", async () => {
    const rig = await promoted(OLD);
    const failed = (of: string) =>
      Array.from({ length: 30 }, (_, n) => ({
        record: record(n, "{}", 0, T0 + 10.5 * HOUR_MS),
        reason: `detector ${of}, entity a: it throws`,
      }));
    await keepFailed(rig.ports.blobs, "score", failed("other"));
    expect((await look(rig, 1)).state).toBe("watching");
    await keepFailed(rig.ports.blobs, "score", failed("host"));
    expect(await look(rig, 1)).toMatchObject({
      ...{
        state: "rolled-back",
        reason: "version 2 was rolled back: 30 records could not be scored, and 20 may fail.",
      },
    });
  });

  test("somebody else's move ends the watch; without a version before there is nothing to go back to", async () => {
    const rig = await promoted(OLD);
    await promoteVersion(rig.ports, "host", 1, CAUSE);
    expect(await look(rig, 1)).toMatchObject({ state: "replaced", reason: "version 2 is not in use any more." });
    const first = await challenge();
    await first.register(AWAY);
    await promote(first.ports, "host", 1, T0, CAUSE);
    const watch = (ms: number) => watchPromotion(first.ports, first.of, 1, T0 + ms);
    expect((await watch(0)).state).toBe("watching");
    await first.live(normalValues(200, OLD, 9));
    expect(await watch(HOUR_MS)).toMatchObject({ state: "stuck", reason: /it stays in use: .*nothing to go back to/ });
    const none = await challenge();
    expect((await watchPromotion(none.ports, none.of, 1, T0)).state).toBe("replaced");
  });

  test("whose champion before cannot be read any more has no latency to compare with", async () => {
    const rig = await challenge();
    await rig.register(OLD);
    await rig.register(OLD);
    await promote(rig.ports, "host", 1, T0, CAUSE);
    await promote(rig.ports, "host", 2, T0 + 1, CAUSE);
    await rig.ports.blobs.put(modelFileKey("host", 1, "model.onnx"), new Uint8Array(3));
    const { state, rules } = await watchPromotion(rig.ports, rig.of, 2, T0 + 2);
    expect(state).toBe("watching");
    expect(rules.find(({ rule }) => rule === "latency")).toMatchObject({ before: null, passed: true });
  });

  test("what is neither the model's nor the registry's fault is thrown, and changes nothing", async () => {
    const rig = await promoted(OLD);
    const away = {
      load: async () => {
        throw new Error("out of memory");
      },
    };
    await expect(watchPromotion({ ...rig.ports, runtime: away }, rig.of, 2, T0)).rejects.toThrow("out of memory");
    const fresh = await challenge();
    await fresh.register(OLD);
    await fresh.register(OLD);
    await promote(fresh.ports, "host", 1, T0, CAUSE);
    await promote(fresh.ports, "host", 2, T0 + 1, CAUSE);
    await expect(watchPromotion({ ...fresh.ports, runtime: away }, fresh.of, 2, T0)).rejects.toThrow("out of memory");
    await rig.ports.blobs.put(modelFileKey("host", 2, "model.onnx"), new Uint8Array(3));
    const table = {
      ...rig.ports.table,
      putMany: async () => {
        throw new Error("throttled");
      },
    };
    await expect(watchPromotion({ ...rig.ports, table }, rig.of, 2, T0)).rejects.toThrow("throttled");
    expect((await aliasOf(rig.ports, "host", "champion"))?.version).toBe(2);
  });
});

describe("watchRules", () => {
  const calm: Watched = {
    ...{ version: 2, watchHours: 24, hours: 6, scored: 1000, unscored: 0, anomalies: 0, failed: 0, failedBefore: 0 },
    before: { rows: 1000, anomalies: 5, expected: 2, unscored: 0 },
    ...{ unusable: undefined, msPerRow: 0.01, msPerRowBefore: 0.01 },
  };
  const failing = (parts: Partial<Watched>) =>
    watchRules({ ...calm, ...parts })
      .filter(({ passed }) => !passed)
      .map(({ text }) => text);

  test("rows without a score, slow rows, many failures", () => {
    expect(failing({})).toEqual([]);
    expect(failing({ unscored: 100 })).toEqual(["9.1 % of the rows get no score, and 5.0 % may"]);
    expect(failing({ scored: 3, unscored: 20 })).toEqual([]);
    expect(failing({ unscored: 100, before: { ...calm.before, unscored: 80 } })).toEqual([]);
    expect(failing({ msPerRow: 0.3, msPerRowBefore: 0.06 })).toEqual(["a row takes 300 µs, and may take 120 µs"]);
    expect(failing({ msPerRow: null })).toEqual([]);
    expect(failing({ failed: 61 })).toEqual(["61 records could not be scored, and 50 may fail"]);
    expect(failing({ failed: 61, failedBefore: 40 })).toEqual([]);
  });

  test("a champion that alerted on most rows is no measure for how much the next one may, but improving is no fault", () => {
    const before = { rows: 1000, anomalies: 900, expected: 2, unscored: 0 };
    expect(failing({ before, anomalies: 700, hours: 24 })).toEqual([]);
    expect(failing({ before, anomalies: 950, hours: 24 })).toHaveLength(1);
    const some = { ...before, anomalies: 100 };
    expect(failing({ before: some, anomalies: 140, hours: 24 })).toEqual([]);
    expect(failing({ before: some, anomalies: 160, hours: 24 })).toHaveLength(1);
  });
});

describe("rollBack", () => {
  test("goes back once, however often it is called, and after a promotion that died half-way", async () => {
    const rig = await promoted(OLD);
    expect(await rollBack(rig.ports, "host", 2, CAUSE)).toBe(1);
    expect(await rollBack(rig.ports, "host", 2, CAUSE)).toBe(1);
    await promoteVersion(rig.ports, "host", 2, CAUSE);
    // What a crash between the two moves leaves.
    await moveAlias(rig.ports, "host", "previous", 2, CAUSE, T0 + 11 * HOUR_MS);
    expect(await rollBack(rig.ports, "host", 2, CAUSE)).toBe(1);
    expect(await aliasOf(rig.ports, "host", "champion")).toMatchObject({ version: 1 });
    expect(await rollBack(rig.ports, "nobody", 2, CAUSE)).toBeUndefined();
  });

  test("leaves a version alone that somebody puts into use meanwhile", async () => {
    const rig = await promoted(AWAY);
    await rig.register(OLD);
    await rig.live(normalValues(200, OLD, 9));
    const meanwhile = (read: number): typeof rig.ports => {
      let reads = 0;
      const getMany: Table["getMany"] = async (keys) => {
        const isChampion = keys.some(({ sk }) => sk === "ALIAS#champion");
        const items = await rig.ports.table.getMany(keys);
        if (isChampion && ++reads === read) await promote(rig.ports, "host", 3, rig.state.nowMs, CAUSE);
        return items;
      };
      return { ...rig.ports, table: { ...rig.ports.table, getMany } };
    };
    await expect(rollBack(meanwhile(1), "host", 2, CAUSE)).rejects.toMatchObject({ code: "CONFLICT" });
    expect((await aliasOf(rig.ports, "host", "champion"))?.version).toBe(3);
    for (const read of [1, 2]) {
      await promote(rig.ports, "host", 2, rig.state.nowMs, CAUSE);
      const report = await watchPromotion(meanwhile(read), rig.of, 2, T0 + 12 * HOUR_MS);
      expect(report).toMatchObject({ state: "replaced", reason: "version 2 is not in use any more." });
      expect((await aliasOf(rig.ports, "host", "champion"))?.version).toBe(3);
    }
  });
});
