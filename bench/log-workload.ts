import { randomOf } from "@tidewatch/core/model/random";

/** Blocks of a file system as HDFS logs them, many at once: 19 lines each, of 130 characters or so. */
const LINES_PER_BLOCK = 19;
/** Blocks whose lines stand among each other. */
const BLOCKS_AT_ONCE = 400;
/** One in so many misses its last lines, or has an error. */
const FAULTS_EVERY = 50;
const FIRST_MS = Date.UTC(2026, 10, 1);
const MS_PER_LINE = 2;

type Block = { id: string; nodes: string[]; step: number; fault: "none" | "cut" | "error" };

/**
 * Lines of a log in time order; each block's lines come in their order, among those of others. Text alone: nothing tells
 * where a line belongs but the block's id in it.
 */
export function* blockLog(lines: number, seed = 7): Generator<string> {
  const random = randomOf(seed);
  const blocks: Block[] = [];
  for (let number = 0; number < lines; number++) {
    if (blocks.length < BLOCKS_AT_ONCE) blocks.push(newBlock(random));
    const at = random.below(blocks.length);
    const block = blocks[at]!;
    yield `${timeOf(FIRST_MS + number * MS_PER_LINE)} ${1 + random.below(999)} ${lineOf(block)}`;
    block.step++;
    const isOver = block.step === LINES_PER_BLOCK || (block.fault === "cut" && block.step > 8);
    if (isOver) blocks.splice(at, 1);
  }
}

const newBlock = (random: ReturnType<typeof randomOf>): Block => {
  const fault = random.below(FAULTS_EVERY) > 0 ? "none" : random.below(2) === 0 ? "cut" : "error";
  const nodes = Array.from({ length: 3 }, () => `10.251.${random.below(256)}.${random.below(256)}`);
  const id = `blk_${random.below(2) === 0 ? "-" : ""}${Math.floor(random.unit() * 9e15)}`;
  return { id, nodes, step: 0, fault };
};

const lineOf = ({ id, nodes, step, fault }: Block): string => {
  const node = nodes[step % 3]!;
  if (fault === "error" && step === 6)
    return `WARN dfs.DataNode$DataXceiver: ${node}:50010:Got exception while serving ${id} to /${node}:`;
  if (step === 3)
    return `INFO dfs.FSNamesystem: BLOCK* NameSystem.allocateBlock: /user/root/rand/_temporary/part-00${step}. ${id}`;
  if (step < 4)
    return `INFO dfs.DataNode$DataXceiver: Receiving block ${id} src: /${node}:54106 dest: /${nodes[0]}:50010`;
  if (step < 10 && step % 2 === 0)
    return `INFO dfs.DataNode$PacketResponder: PacketResponder ${step % 3} for block ${id} terminating`;
  if (step < 10) return `INFO dfs.DataNode$PacketResponder: Received block ${id} of size 67108864 from /${node}`;
  if (step < 13)
    return `INFO dfs.FSNamesystem: BLOCK* NameSystem.addStoredBlock: blockMap updated: ${node}:50010 is added to ${id} size 67108864`;
  if (step < 16)
    return `INFO dfs.FSNamesystem: BLOCK* NameSystem.delete: ${id} is added to invalidSet of ${node}:50010`;
  return `INFO dfs.FSDataset: Deleting block ${id} file /mnt/hadoop/dfs/data/current/subdir${step}/${id}`;
};

/** As log4j writes it for HDFS: `081109 203615`. */
const timeOf = (ms: number): string => {
  const iso = new Date(ms).toISOString();
  return `${iso.slice(2, 4)}${iso.slice(5, 7)}${iso.slice(8, 10)} ${iso.slice(11, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}`;
};
