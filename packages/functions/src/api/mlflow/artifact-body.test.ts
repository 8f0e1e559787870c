import { expect, test } from "vitest";
import { collectPieces } from "./artifact-body.ts";

test("of pieces that are too large together, the one that goes beyond is refused when it comes", () => {
  const pieces = collectPieces();
  const large = new Uint8Array(200 * 1024 * 1024);
  pieces.add(large);
  expect(() => pieces.add(large)).toThrow(/at most 268435456 bytes/);
});

test("pieces are joined in their order", () => {
  const pieces = collectPieces();
  for (const piece of [[1, 2], [], [3]]) pieces.add(Uint8Array.from(piece));
  expect([...pieces.joined()]).toEqual([1, 2, 3]);
});
