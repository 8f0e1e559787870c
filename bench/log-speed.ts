import { detectFormat } from "@tidewatch/core/log/line/detect";
import { encodeSession } from "@tidewatch/core/log/session/codec";
import { findKeys } from "@tidewatch/core/log/session/keys";
import { openSessions, takeLine } from "@tidewatch/core/log/session/open-sessions";
import { encodeStore } from "@tidewatch/core/log/template/codec";
import { mineLine, minerOf } from "@tidewatch/core/log/template/miner";
import { templateId } from "@tidewatch/core/log/template/template";
import { type Block, rawLines } from "./log-hdfs.ts";
import type { Row } from "./log-verdicts.ts";
import { quantile, stopwatch } from "./measure.ts";

const ROUNDS = 5;

/** CPU time of one thread, beside that of splitting the same lines at blanks. */
export const speed = (folder: string): Row[] => {
  const lines = rawLines(folder).map(({ line }) => line);
  const clock = { nowMs: Date.now(), zoneMinutes: 0 };
  const format = detectFormat(lines.slice(0, 200), clock);
  const keysOf = findKeys({ pattern: "blk_-?\\d+" });
  const runs: Record<string, () => void> = {
    "splitting at blanks": () => {
      for (const line of lines) line.split(/\s+/);
    },
    "template, memory empty": () => {
      const miner = minerOf();
      for (const line of lines) mineLine(miner, line);
    },
    "header, template, key, session": () => {
      const miner = minerOf();
      const sessions = openSessions();
      for (const [index, line] of lines.entries()) {
        const read = format.parse(line, clock) ?? { message: line };
        const id = templateId(mineLine(miner, read.message));
        takeLine(sessions, keysOf(read, line), {
          templateId: id,
          timestampMs: read.timestampMs ?? 0,
          at: { shardId: "a", sequenceNumber: String(index), arrivalMs: 0, part: 0, digest: 0 },
        });
      }
    },
  };
  const seconds = new Map(Object.keys(runs).map((name): [string, number[]] => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(runs)) {
      const time = stopwatch();
      run();
      seconds.get(name)!.push(time().cpuSeconds);
    }
  }
  const medianOf = (name: string): number =>
    quantile(
      seconds.get(name)!.toSorted((a, b) => a - b),
      0.5,
    );
  const characters = lines.reduce((sum, line) => sum + line.length, 0) / lines.length;
  const data = `${lines.length} lines of ${characters.toFixed(0)} characters, median of ${ROUNDS}`;
  const [peer = ""] = Object.keys(runs);
  return Object.keys(runs).map((name) => [
    name,
    data,
    `${Math.round(lines.length / medianOf(name) / 1000)}k lines/s`,
    name === peer ? "" : `${(medianOf(name) / medianOf(peer)).toFixed(2)} × the time of splitting`,
  ]);
};

export const memory = (blocks: readonly Block[]): Row[] => {
  const letters = "abcdefghij";
  const word = (index: number) => Array.from(String(index), (digit) => letters[Number(digit)]).join("");
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const miner = minerOf();
  for (let index = 0; index < 10_000; index++) {
    mineLine(miner, `${word(index)}service finished request for tenant in state=done after 17 ms with code 5`);
  }
  miner.known.clear();
  globalThis.gc?.();
  const heap = (process.memoryUsage().heapUsed - before) / miner.store.size;
  const stored = encodeStore(miner.store).length / miner.store.size;
  const sizes = blocks.map(({ session }) => encodeSession(session!).length).sort((a, b) => a - b);
  const note = globalThis.gc ? "" : ", with garbage: run with --expose-gc";
  return [
    ["memory of a template", "10,000 of 14 tokens", `${heap.toFixed(0)} bytes`, `${stored.toFixed(0)} stored${note}`],
    [
      "a session, packed",
      `${sizes.length} blocks`,
      `${quantile(sizes, 0.5)} bytes`,
      `median; ${quantile(sizes, 0.999)} at 99.9 %, ${sizes.at(-1)} at most`,
    ],
  ];
};
