import { expect, test } from "vitest";
import type { Session } from "../api/shapes.ts";
import { labelRequest } from "./label-request.ts";

const session = { detector: "hdfs", key: "blk_1", startMs: 5000, earlier: [] };

test("a session is labelled by its key", () => {
  expect(labelRequest(session, "normal")).toEqual({
    labels: [{ detector: "hdfs", session: "blk_1", label: "normal" }],
  });
});

test("of a key with several sessions, only the one that began then", () => {
  const earlier = [{ startMs: 1000 }] as Session["earlier"];
  expect(labelRequest({ ...session, earlier }, "anomalous").labels).toEqual([
    { detector: "hdfs", session: "blk_1", fromMs: 5000, toMs: 5001, label: "anomalous" },
  ]);
});
