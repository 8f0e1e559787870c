import { createHash } from "node:crypto";
import { AppError } from "@tidewatch/core/errors";
import { type GrowParams, type GrowTrees, growHere } from "@tidewatch/core/model/random-forest/grow";
import { decodeTrees, encodeRows } from "@tidewatch/core/model/random-forest/pieces";
import type { Blobs } from "@tidewatch/core/store/ports";

/** What one of many functions grows. */
export type TreePiece = { folder: string; from: number; to: number; params: GrowParams };

/**
 * Values × trees. 200,000 rows of 30 features and 100 trees, 600 million, take 45 s of a core (docs/models.md), on Lambda twice
 * as long: up to twice that one function grows the forest in three minutes, beyond it many do, in a minute or so each.
 */
const MOST_HERE = 1_200_000_000;
const PIECE = 300_000_000;

export const rowsKey = (folder: string): string => `${folder}/rows`;
export const pieceKey = ({ folder, from }: Pick<TreePiece, "folder" | "from">): string =>
  `${folder}/${String(from).padStart(6, "0")}`;

/**
 * Grows small forests where it is called. Of a large one it takes the pieces that others have grown; while they are not there it
 * writes down what is wanted, under names that follow from rows and parameters, and fails for now.
 * @param onWanted told the key of the plan: a JSON list of `TreePiece`
 */
export const growInPieces =
  (blobs: Blobs, onWanted: (planKey: string) => void, limits = { mostHere: MOST_HERE, piece: PIECE }): GrowTrees =>
  async (rows, params) => {
    const perTree = rows.count * rows.columns;
    if (perTree * params.trees <= limits.mostHere) return await growHere(rows, params);
    const stored = encodeRows(rows);
    const hash = createHash("sha256").update(stored).update(JSON.stringify(params)).digest("hex");
    const folder = `trees/${hash.slice(0, 32)}`;
    const size = Math.max(1, Math.floor(limits.piece / perTree));
    const plan: TreePiece[] = [];
    for (let from = 0; from < params.trees; from += size) {
      plan.push({ folder, from, to: Math.min(params.trees, from + size), params });
    }
    const pieces = await Promise.all(plan.map((piece) => blobs.get(pieceKey(piece))));
    if (pieces.every((bytes) => bytes !== undefined)) return pieces.map(decodeTrees);
    await blobs.putIfAbsent(rowsKey(folder), stored);
    await blobs.put(`${folder}/plan.json`, new TextEncoder().encode(JSON.stringify(plan)));
    onWanted(`${folder}/plan.json`);
    throw new AppError("UNAVAILABLE", `its ${params.trees} trees are being grown in ${plan.length} pieces`);
  };
