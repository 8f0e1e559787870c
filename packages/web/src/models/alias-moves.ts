import type { AliasMove } from "../api/shapes.ts";

export const moveId = ({ alias, revision }: AliasMove): string => `${alias}#${revision}`;

/** Newest first, each move once; the later list wins where both have one. */
export const mergeMoves = (known: readonly AliasMove[], fetched: readonly AliasMove[]): AliasMove[] => {
  const byId = new Map([...known, ...fetched].map((move) => [moveId(move), move]));
  return [...byId.values()].sort((a, b) => b.sinceMs - a.sinceMs || b.revision - a.revision);
};

/** The move that made an alias what it is now; `undefined` where it is not known, or the alias names nothing. */
export const presentMove = (moves: readonly AliasMove[], alias: string): AliasMove | undefined => {
  const [last] = moves.filter((move) => move.alias === alias).sort((a, b) => b.revision - a.revision);
  return last?.version == null ? undefined : last;
};

/** From where to where, as `1 → 2`. */
export const moveText = ({ before, version }: Pick<AliasMove, "before" | "version">): string => {
  if (version === null) return before ? `version ${before} → none` : "none";
  return before ? `version ${before} → ${version}` : `none → version ${version}`;
};
