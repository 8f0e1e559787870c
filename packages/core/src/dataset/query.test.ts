import { describe, expect, it } from "vitest";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { detector, distanceScorer, metric, record, scorePorts, T0 } from "../../../../test/support/scoring.ts";
import { scoreBatch } from "../score/run.ts";
import { putLabels } from "../store/labels.ts";
import { datasetQueryOf, type QueryOptions } from "./query.ts";

const SECOND = 1000;
const DAY = 86_400 * SECOND;
const exclude = [
  { fromMs: T0, toMs: T0 + 10 * SECOND, reason: "freeze" },
  { fromMs: T0 + 20 * SECOND, toMs: T0 + 30 * SECOND, entity: "b*" },
  { fromMs: T0 - 90 * DAY, toMs: T0 - 80 * DAY },
];
const ofDetector = (model = {}) => detector({ retraining: { exclude }, model, closeAfterRows: 1000 });

/** A hundred rows of "a", of which those from the 61st on are far off: its incident stays open. */
const world = async (of = ofDetector()) => {
  const table = memoryTable();
  const records = Array.from({ length: 100 }, (_, at) =>
    record(at, metric("a", at, { cpu: at > 60 ? 500 : 50, memory: 50 }), 0, T0 + at * SECOND),
  );
  await scoreBatch(scorePorts(table, [of], [await distanceScorer(of)]), records);
  const label = (as: "anomalous" | "normal", from: number, to: number) =>
    putLabels({ table, clock: () => from }, [
      { detector: of.id, entity: "a", fromMs: T0 + from * SECOND, toMs: T0 + to * SECOND, label: as },
    ]);
  const ask = (options: QueryOptions = {}, nowMs = T0 + DAY) => datasetQueryOf({ table }, of, nowMs, options);
  return { ask, label };
};
const spans = ({ exclude: all }: { exclude: { entity: string; fromMs: number; toMs: number; reason: string }[] }) =>
  all.map(({ entity, fromMs, toMs, reason }) => [entity, (fromMs - T0) / SECOND, (toMs - T0) / SECOND, reason]);
const POLICY = [
  ["*", 0, 10, "policy: freeze"],
  ["b*", 20, 30, "policy"],
];

describe("the query of a detector's next dataset", () => {
  it("ends behind the newest row, and leaves out what the policy says and what is open", async () => {
    const { ask } = await world();
    const query = await ask();
    expect(query).toMatchObject({
      fromMs: T0 + 99 * SECOND + 1 - 28 * DAY,
      toMs: T0 + 99 * SECOND + 1,
      maxRows: 200_000,
    });
    expect(spans(query)).toEqual([...POLICY, ["a", 61, 99.001, "open incident"]]);
  });

  it("keeps what is open for a new regime, and takes a range and a number of rows", async () => {
    const { ask } = await world();
    expect(spans(await ask({ keepOpenIncidents: true }))).toEqual(POLICY);
    const part = await ask({ fromMs: T0 + 12 * SECOND, toMs: T0 + 25 * SECOND, maxRows: 7 });
    expect(part).toMatchObject({ fromMs: T0 + 12 * SECOND, toMs: T0 + 25 * SECOND, maxRows: 7 });
    expect(spans(part)).toEqual([POLICY[1]]);
    expect((await ask({}, T0 + 50 * SECOND)).toMs).toBe(T0 + 50 * SECOND);
  });

  it("leaves out what is labelled anomalous, and keeps what is labelled normal in an open incident", async () => {
    const { ask, label } = await world();
    await label("anomalous", 15, 40);
    await label("normal", 30, 35);
    await label("normal", 63, 70);
    await label("normal", 71, 72);
    expect(spans(await ask()).slice(2)).toEqual([
      ["a", 15, 30, "labelled anomalous"],
      ["a", 35, 40, "labelled anomalous"],
      ["a", 61, 63, "open incident"],
      ["a", 70, 71, "open incident"],
      ["a", 72, 99.001, "open incident"],
    ]);
    await label("normal", 60, 200);
    expect(spans(await ask()).slice(2)).toHaveLength(2);
  });

  it("keeps both for a family that learns from labels, and gives a range for a detector without a row", async () => {
    const forest = ofDetector({ family: "random-forest" });
    const { ask, label } = await world(forest);
    await label("anomalous", 15, 40);
    expect(spans(await ask())).toEqual(POLICY);
    const none = await datasetQueryOf({ table: memoryTable() }, detector({}), T0);
    expect(none).toMatchObject({ fromMs: T0 - 28 * DAY, toMs: T0, exclude: [] });
  });
});
