import type { Bytes } from "./open.ts";

export type Line = {
  /** 1 is the first line of the input, as editors count. */
  line: number;
  /** Without the line break. `undefined` when the line was longer than allowed. */
  bytes: Uint8Array | undefined;
};

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Splits bytes into lines and leaves blank ones out. Memory stays below `maxBytes` whatever the input holds. */
export async function* readLines(source: Bytes, maxBytes: number): AsyncGenerator<Line> {
  let line = 1;
  let parts: Uint8Array[] = [];
  let length = 0;
  const take = (part: Uint8Array) => {
    length += part.length;
    if (length <= maxBytes) parts.push(part);
    else parts = [];
  };
  const finish = (): Line | undefined => {
    const whole = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    const bytes = whole.at(-1) === CARRIAGE_RETURN ? whole.subarray(0, -1) : whole;
    const result = { line, bytes: length <= maxBytes ? bytes : undefined };
    const isBlank = length <= maxBytes && bytes.every((byte) => byte === 0x20 || byte === 0x09);
    line += 1;
    parts = [];
    length = 0;
    return isBlank ? undefined : result;
  };
  for await (const chunk of source) {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      take(chunk.subarray(from, end));
      from = end + 1;
      const done = finish();
      if (done) yield done;
    }
    if (from < chunk.length) take(chunk.subarray(from));
  }
  const last = length > 0 ? finish() : undefined;
  if (last) yield last;
}
