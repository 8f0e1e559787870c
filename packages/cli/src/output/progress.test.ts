import { describe, expect, it } from "vitest";
import { progress } from "./progress.ts";

const screen = (isTTY: boolean) => {
  const written: string[] = [];
  const write = (text: string) => written.push(text) > 0;
  return { written, stream: { isTTY, columns: 12, write } as unknown as Parameters<typeof progress>[0] };
};

describe("progress", () => {
  it("redraws one line on a terminal, cut to its width, and clears it", () => {
    let nowMs = 0;
    const { written, stream } = screen(true);
    const line = progress(stream, () => nowMs);
    line.update(() => "1 event");
    line.update(() => "too soon");
    nowMs = 150;
    line.update(() => "a line that is too wide");
    line.clear();
    line.clear();
    expect(written).toEqual(["\r1 event\u001b[K", "\ra line that\u001b[K", "\r\u001b[K"]);
  });

  it("prints plain lines elsewhere, seldom and without control characters", () => {
    let nowMs = 0;
    const { written, stream } = screen(false);
    const line = progress(stream, () => nowMs);
    for (nowMs = 0; nowMs <= 11_000; nowMs += 1000) line.update(() => `at ${nowMs}`);
    line.clear();
    expect(written).toEqual(["at 5000\n", "at 10000\n"]);
  });
});
