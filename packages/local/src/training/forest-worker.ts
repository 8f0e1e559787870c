import { parentPort, workerData } from "node:worker_threads";
import { growTrees } from "@tidewatch/core/model/random-forest/grow";
import type { ForestOrder, TreeRange } from "./forest-messages.ts";

/** Entry of a thread that grows trees until it is ended. */
const { rows, params } = workerData as ForestOrder;

parentPort!.on("message", ({ from, to }: TreeRange) => {
  const grown = growTrees(rows, params, from, to);
  const arrays = [grown.votes, grown.voters, ...grown.trees.flatMap((tree) => Object.values(tree))];
  parentPort!.postMessage(
    grown,
    arrays.map(({ buffer }) => buffer as ArrayBuffer),
  );
});
