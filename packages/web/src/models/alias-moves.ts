import type { AliasMove } from "../api/shapes.ts";

export const moveId = ({ alias, sinceMs, before, version }: AliasMove): string =>
  JSON.stringify([alias, sinceMs, before, version]);

/** Newest first, each move once; the later list wins where both have one. */
export const mergeMoves = (known: readonly AliasMove[], fetched: readonly AliasMove[]): AliasMove[] => {
  const byId = new Map([...known, ...fetched].map((move) => [moveId(move), move]));
  return [...byId.values()].sort((a, b) => b.sinceMs - a.sinceMs);
};

type Named = { version: number; sinceMs: number };

/** The move that made an alias what it is; `undefined` where it is not among those known. */
export const moveTo = (
  moves: readonly AliasMove[],
  alias: string,
  { version, sinceMs }: Named,
): AliasMove | undefined =>
  moves.find((move) => move.alias === alias && move.version === version && move.sinceMs === sinceMs);

/** From which version to which, as `1 → 2`. */
export const moveText = ({ before, version }: Pick<AliasMove, "before" | "version">): string =>
  `${before ?? "none"} → ${version ?? "none"}`;
