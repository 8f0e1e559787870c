import { expect, test } from "vitest";
import type { Series } from "../api/shapes.ts";
import { mostAnomalous, newestFirst, seriesId, shownSeries } from "./series-list.ts";

const series = (entity: string, lastTimestamp: number | null) =>
  ({ detector: "host", entity, lastTimestamp }) as Series;
const all = [series("recorded-host", 100), series("laptop", 900), series("idle", 900)];

test("the series with the newest data is shown until another one is chosen", () => {
  expect(shownSeries(all, undefined)?.entity).toBe("idle");
  expect(shownSeries(all, seriesId(all[0]!))?.entity).toBe("recorded-host");
});

test("a chosen series that is gone makes room for the newest", () => {
  expect(shownSeries(all, seriesId({ detector: "host", entity: "gone" }))?.entity).toBe("idle");
  expect(shownSeries([], undefined)).toBeUndefined();
});

test("ids of series keep detector and entity apart whatever characters they hold", () => {
  expect(seriesId({ detector: "a", entity: "b/c" })).not.toBe(seriesId({ detector: "a/b", entity: "c" }));
  expect(seriesId({ detector: "a", entity: 'b","c' })).not.toBe(seriesId({ detector: 'a","b', entity: "c" }));
});

test("a series without a row yet comes last", () => {
  expect(newestFirst([series("new", null), ...all]).at(-1)?.entity).toBe("new");
});

test("equally new series stand in alphabetical order", () => {
  expect(newestFirst(all).map(({ entity }) => entity)).toEqual(["idle", "laptop", "recorded-host"]);
});

test("the strangest series come first: open incidents, then by anomalies, then by events; a chosen one stays", () => {
  const rate = (entity: string, anomalies: number, events: number, incident: Series["incident"] = null) =>
    ({ detector: "hdfs.rates", entity, anomalies, events, incident }) as Series;
  const rates = [
    rate("busy", 0, 900),
    rate("odd", 3, 10),
    rate("quiet", 0, 5),
    rate("now", 1, 1, { id: "i", startMs: 1 }),
  ];
  const names = (chosenId?: string) => mostAnomalous(rates, 3, chosenId).map(({ entity }) => entity);
  expect(names()).toEqual(["now", "odd", "busy"]);
  expect(names(seriesId(rates[2]!))).toEqual(["now", "odd", "busy", "quiet"]);
  expect(names(seriesId({ detector: "hdfs.rates", entity: "gone" }))).toEqual(["now", "odd", "busy"]);
});
