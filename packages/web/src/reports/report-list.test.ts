import { expect, test } from "vitest";
import type { Report } from "../api/shapes.ts";
import { deliveryTexts, mergeReports } from "./report-list.ts";

const delivery = (state: Report["mail"]["state"], error: string | null = null): Report["mail"] => ({
  ...{ state, error, to: [], attempts: 1, sentAtMs: null },
});
const report = (id: string, atMs: number, mail = delivery("pending")) => ({ id, atMs, mail }) as Report;

test("reports are listed newest first, each once, as it was read last", () => {
  const merged = mergeReports([report("a", 1), report("b", 2)], [report("a", 1, delivery("sent"))]);
  expect(merged.map(({ id, mail }) => [id, mail.state])).toEqual([
    ["b", "pending"],
    ["a", "sent"],
  ]);
});

test("it is told how a report went out, and nothing of a channel that nobody named", () => {
  expect(deliveryTexts({ mail: delivery("sent"), webhook: delivery("failed", "status 500") })).toEqual([
    "sent by mail",
    "could not be sent by webhook: status 500",
  ]);
  expect(deliveryTexts({ mail: delivery("none"), webhook: delivery("none") })).toEqual([]);
});
