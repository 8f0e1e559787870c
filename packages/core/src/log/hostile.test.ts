import fc from "fast-check";
import { expect, test } from "vitest";
import { autoFormat, detectFormat, plainFormat } from "./line/detect.ts";
import { endLines, joinLine, lineJoiner } from "./line/multi-line.ts";
import { patternFormat } from "./line/pattern.ts";
import { findKeys } from "./session/keys.ts";
import { decodeStore, encodeStore } from "./template/codec.ts";
import { mineLine, minerOf } from "./template/miner.ts";
import { templateId, templateText } from "./template/template.ts";

const clock = { nowMs: Date.UTC(2026, 10, 21), zoneMinutes: 0 };
const HEADS = ["", "2023-01-01 12:00:00 INFO ", "<165>1 2003-10-11T22:14:15Z h a 1 I ", "level=x msg=", '{"a":'];
/** What is repeated, and how lines made of it are hard on parsers. */
const PARTS: Record<string, string> = {
  "a word without end": "x",
  "a number without end": "7",
  "letters and digits": "a1",
  "paths and hosts": "a.b/c-1:",
  "ten thousand tokens": "word ",
  "deep brackets": "[{(",
  "brackets that close": "[a]",
  "quotes without end": '"a ',
  "escaped quotes": '\\"',
  "structured data without end": '[a b="',
  fields: 'a="b" c=d, ',
  "a regular expression": "(a+)+$.*?\\1{2,}|[^]",
  colours: "\u001b[31;1m",
  "right to left": "\u202e\u200f\u05d0",
  "half surrogates": "\ud800x\udc00",
  binary: "\u0000\ufffe\u0007",
  times: "2023-01-01 12:00:00 ",
  blanks: " \t\u00a0\u3000",
  variables: "<*>",
  colons: "0:",
  "minus signs": "- -",
};

const READERS: Record<string, (text: string) => unknown> = {
  miner: (text) => mineLine(minerOf(), text),
  "any format": (text) => autoFormat.parse(text, clock),
  detection: (text) => detectFormat([text], clock),
  pattern: (text) => patternFormat("<Date> [<Level>] <Component>: <Content>").parse(text, clock),
  joiner: (text) => {
    const joiner = lineJoiner(autoFormat, clock);
    for (const line of ["start", `  ${text}`, text, `Caused by: ${text}`]) joinLine(joiner, line);
    return endLines(joiner);
  },
  keys: findOf("(a+)+$"),
  "other keys": findOf("blk_(-?\\d+)"),
};
function findOf(pattern: string) {
  const keysOf = findKeys({ pattern });
  return (text: string) => keysOf({ message: text }, text);
}

/** CPU time, the least of a few: whatever else the machine does only adds. */
const millisecondsOf = (run: () => unknown): number => {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
};

/** Twice the text may take four times as long, and a little more, on a busy machine. */
const [CHARS, FACTOR, SLACK_MS] = [64 * 1024, 4, 40];

test.each(Object.keys(READERS))("%s: time is linear in the line, whatever stands in it", (name) => {
  const read = READERS[name]!;
  for (const [what, part] of Object.entries(PARTS)) {
    for (const head of HEADS) {
      const lineOf = (chars: number) => head + part.repeat(Math.ceil(chars / part.length));
      const [once, twice] = [lineOf(CHARS), lineOf(2 * CHARS)];
      const [short, long] = [millisecondsOf(() => read(once)), millisecondsOf(() => read(twice))];
      expect({ what, head, isLinear: long <= FACTOR * short + SLACK_MS }).toEqual({ what, head, isLinear: true });
    }
  }
});

test("lines of a megabyte and more are read, by all readers", () => {
  for (const part of Object.values(PARTS)) {
    const text = part.repeat(Math.ceil(2_000_000 / part.length));
    for (const read of Object.values(READERS)) read(text);
    for (const head of HEADS) autoFormat.parse(head + text, clock);
  }
}, 60_000);

const REAL = [
  "081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 for block blk_38865049064139660 terminating",
  "2015-07-29 17:41:44,747 - INFO  [QuorumPeer[myid=1]/0:0:0:2181:Follower@63] - FOLLOWING - ELECTION TOOK - 49",
  "<34>Oct 11 22:14:15 mymachine su[12]: 'su root' failed for user root on /dev/pts/8",
  '<165>1 2003-10-11T22:14:15.003Z host app 12 ID47 [sd@1 a="b \\"c\\"" x="1"][other] An event',
  '{"level":50,"time":1763632800123,"name":"api","http":{"status":502,"deep":{"a":1}},"msg":"bad gateway"}',
  'ts=2023-01-01T12:00:00Z level=warn caller=main.go:12 msg="disk \\"a\\" full" free=3',
  '10.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /x?a=1 HTTP/1.0" 200 2326 "http://r" "curl"',
  "2016-10-06T00:17:09.669794202Z stdout P part of a line",
  "E0102 15:04:05.678901   12 file.go:12] it failed",
  "\tat org.apache.hadoop.ipc.Server$Handler.run(Server.java:1742) ~[hadoop.jar:?]",
];
const odd = fc.oneof(
  fc.constantFrom(...Object.values(PARTS)),
  fc.string(),
  fc.array(fc.nat(0xffff), { maxLength: 8 }).map((codes) => String.fromCharCode(...codes)),
);
/** A real line with some of it cut out, repeated, or overwritten by something odd. */
const mutated = fc
  .tuple(fc.constantFrom(...REAL), fc.array(fc.tuple(fc.nat(120), fc.nat(20), fc.nat(3), odd), { maxLength: 4 }))
  .map(([line, changes]) =>
    changes.reduce((text, [at, length, times, put]) => {
      const from = at % (text.length + 1);
      return text.slice(0, from) + text.slice(from, from + length).repeat(times) + put + text.slice(from + length);
    }, line),
  );

test("mutated lines of any format are read, joined, mined and searched for keys", () => {
  const keysOf = findKeys({ pattern: "blk_-?\\d+|id=(\\w+)" });
  fc.assert(
    fc.property(fc.array(fc.oneof(mutated, odd), { maxLength: 20 }), (lines) => {
      for (const format of [autoFormat, detectFormat(lines, clock), plainFormat]) {
        const joiner = lineJoiner(format, clock);
        const records = [...lines.map((line) => joinLine(joiner, line)), endLines(joiner)].filter((one) => !!one);
        expect(records.reduce((sum, record) => sum + record.lines, 0)).toBe(lines.length);
        const miner = minerOf();
        for (const record of records) {
          expect(record.timestampMs === undefined || Number.isFinite(record.timestampMs)).toBe(true);
          expect(keysOf(record, record.text).every((key) => key !== "" && key.length <= 256)).toBe(true);
          const template = mineLine(miner, record.message);
          expect(templateId(template)).toMatch(/^[0-9a-f]{16}$/);
          expect(templateText(template).isWellFormed()).toBe(true);
        }
        const bytes = encodeStore(miner.store);
        expect(Buffer.compare(encodeStore(decodeStore(bytes, "store")), bytes)).toBe(0);
      }
    }),
    { numRuns: 300 },
  );
});
