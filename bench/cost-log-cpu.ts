import type { StreamEntry, Table } from "@tidewatch/core/store/ports";
import type { KinesisStreamEvent } from "aws-lambda";
import { memoryTable } from "../test/support/memory-table.ts";
import { lambdaEvent } from "./lambda-event.ts";
import { blockDetector, blockHandler, lineEntry, take, trainedOnBlocks } from "./log-blocks.ts";
import { measureBatches } from "./measure-handler.ts";
import { T0 } from "./workload.ts";

/** CPU time of the log stage's handler: a session is written with each batch that has lines of it, and ends once. */
export type LogHandlerMs = {
  perInvocation: number;
  perThousandLines: number;
  perThousandSessions: number;
  perThousandEnded: number;
};

const THOUSAND = 1000;
const LINES_PER_BLOCK = 19;
const LOG_LINES = 120_000;
/** Sessions of a batch that has all lines of each, and lines of each in a batch that has a few. */
const WHOLE = 130;
const FEW_LINES = 4;
const MANY = 500;
const WEEK_SECONDS = 7 * 86_400;
const IDLE_SECONDS = 30;

/**
 * Four kinds of batches tell the four figures apart: whole blocks and the first lines of blocks (lines), a next line of
 * many blocks and one line (sessions), whole blocks with which those of the batch before end. As for the scorer, what a
 * line takes is measured on a table in memory.
 */
export const logMs = async (table: Table): Promise<LogHandlerMs> => {
  const { model, lines } = await trainedOnBlocks();
  const blocks = wholeBlocks(take(lines, LOG_LINES));
  const handlerOf = (over: Table, id: string, idleSeconds: number) => {
    const session = { key: { pattern: "blk_-?\\d+" }, idleSeconds };
    return blockHandler(over, blockDetector({ id, session }), model);
  };
  const fresh = (size: number, count: number, each = LINES_PER_BLOCK): string[][] =>
    Array.from({ length: count }, (_, batch) =>
      blocks.slice(batch * size, (batch + 1) * size).flatMap((block) => block.slice(0, each)),
    );
  const inMemory = (id: string) =>
    handlerOf(
      memoryTable(() => T0),
      id,
      WEEK_SECONDS,
    );
  const all = await measureBatches(inMemory("all"), batchesOf(fresh(WHOLE, 25)));
  const few = await measureBatches(inMemory("few"), batchesOf(fresh(WHOLE, 25, FEW_LINES)));
  const perLine = (all - few) / (WHOLE * (LINES_PER_BLOCK - FEW_LINES));
  const steps = Array.from({ length: LINES_PER_BLOCK }, (_, step) =>
    blocks.slice(0, MANY).map((block) => block[step]!),
  );
  const many = await measureBatches(handlerOf(table, "many", WEEK_SECONDS), batchesOf(steps));
  const single = await measureBatches(handlerOf(table, "single", WEEK_SECONDS), batchesOf(fresh(1, 300, 1)));
  const perSession = (many - single) / (MANY - 1) - perLine;
  const perInvocation = single - perSession - perLine;
  const ending = await measureBatches(handlerOf(table, "ending", IDLE_SECONDS), batchesOf(fresh(WHOLE, 25)));
  const others = perInvocation + WHOLE * (LINES_PER_BLOCK * perLine + perSession);
  return {
    perInvocation,
    perThousandLines: perLine * THOUSAND,
    perThousandSessions: perSession * THOUSAND,
    perThousandEnded: ((ending - others) / WHOLE) * THOUSAND,
  };
};

/** Lines of each block that has all of them, in order. */
const wholeBlocks = (lines: readonly string[]): string[][] => {
  const blocks = Map.groupBy(lines, (line) => /blk_-?\d+/.exec(line)![0]);
  return [...blocks.values()].filter((block) => block.length === LINES_PER_BLOCK);
};

/** A minute apart, so that short sessions of one batch end with the next one. */
const batchesOf = (batches: readonly string[][]): KinesisStreamEvent[] => {
  let first = 0;
  return batches.map((lines, index) => {
    const atMs = T0 + index * 60_000;
    const entries: StreamEntry[] = lines.map((line) => lineEntry(line, atMs));
    const event = lambdaEvent(entries, first, atMs);
    first += entries.length;
    return event;
  });
};
