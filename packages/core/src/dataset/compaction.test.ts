import { expect, test } from "vitest";
import { withHour } from "./compaction.ts";
import type { CompactedFile, Source } from "./manifest.ts";

const source = (name: string, version = "1"): Source => ({ name, version, logs: 0 });
const file = (key: string, ...sources: Source[]): CompactedFile => ({
  ...{ key, sha256: "", bytes: 1, rows: 1, fromMs: 0, toMs: 1, sources, dropped: [] },
});

test("an object that was replaced counts once, in the generation that took it last", () => {
  const first = withHour(undefined, "2026-11-20", 1, {
    file: file("a", source("x"), source("y")),
    others: [source("z")],
  });
  expect(first).toMatchObject({ generation: 1, files: [{ key: "a", dropped: [] }], others: [source("z")] });
  const next = { file: file("b", source("y", "2"), source("z", "2")), others: [source("w")] };
  const second = withHour(first, "2026-11-20", 2, next);
  expect(second).toMatchObject({ generation: 2, createdAtMs: 2, others: [source("w")] });
  expect(second.files).toMatchObject([
    { key: "a", dropped: [1] },
    { key: "b", dropped: [] },
  ]);
  const third = withHour(second, "2026-11-20", 3, { file: undefined, others: [source("x", "2")] });
  expect(third.files.map(({ key }) => key)).toEqual(["b"]);
  expect(third.others).toEqual([source("w"), source("x", "2")]);
});
