import { growTrees } from "@tidewatch/core/model/random-forest/grow";
import { decodeRows, encodeTrees } from "@tidewatch/core/model/random-forest/pieces";
import type { Blobs } from "@tidewatch/core/store/ports";
import { pieceKey, rowsKey, type TreePiece } from "./tree-pieces.ts";

export type TreesHandlerPorts = { blobs: Blobs; onReport: (trees: number) => void };

/** Called for each item of a plan: grows some trees of a forest. A piece that is there is not grown again. */
export const treesHandler =
  ({ blobs, onReport }: TreesHandlerPorts) =>
  async (piece: TreePiece): Promise<void> => {
    const { folder, from, to, params } = piece;
    if (await blobs.get(pieceKey(piece))) return onReport(0);
    const rows = decodeRows((await blobs.get(rowsKey(folder))) ?? new Uint8Array(0));
    await blobs.put(pieceKey(piece), encodeTrees(growTrees(rows, params, from, to)));
    onReport(to - from);
  };
