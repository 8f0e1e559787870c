import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type GrownTrees, type GrowTrees, growHere } from "@tidewatch/core/model/random-forest/grow";
import type { ForestOrder, TreeRange } from "./forest-messages.ts";

const ENTRY = new URL("./forest-worker.ts", import.meta.url);
/** More parts than threads, so that none waits long for the last; few, because each carries the votes on all rows. */
const PARTS_PER_THREAD = 4;
/** Fewer rows are done by the time that a thread has started. */
const THREADED_ROWS = 20_000;

/**
 * Grows the trees of a random forest in so many threads. They share the rows; each tree has its own random stream, so
 * the trees are the same for any number of threads. One thread, or fewer than `leastRows`, are done where this is
 * called. Memory per thread: 20 bytes a row, and its trees.
 */
export const growInThreads =
  (threads: number, leastRows = THREADED_ROWS): GrowTrees =>
  async (rows, params) => {
    if (threads <= 1 || rows.count < leastRows) return growHere(rows, params);
    const size = Math.ceil(params.trees / (threads * PARTS_PER_THREAD));
    const waiting: TreeRange[] = [];
    for (let from = 0; from < params.trees; from += size)
      waiting.push({ from, to: Math.min(params.trees, from + size) });
    const grown: GrownTrees[] = [];
    const workerData: ForestOrder = { rows, params };
    const work = async () => {
      const worker = new Worker(ENTRY, { workerData });
      try {
        for (let range = waiting.shift(); range; range = waiting.shift()) {
          worker.postMessage(range);
          // A thread that dies of an error, or of want of memory, emits it, and `once` throws it.
          const [part] = (await once(worker, "message")) as [GrownTrees];
          grown.push(part);
        }
      } catch (error) {
        // The others end with what they are at.
        waiting.length = 0;
        throw error;
      } finally {
        await worker.terminate();
      }
    };
    await Promise.all(Array.from({ length: Math.min(threads, waiting.length) }, work));
    return grown;
  };
