import type { AliasHistory, AliasMoveDocument, ModelAliases } from "@tidewatch/functions/api/schemas/model-aliases";
import { printable } from "../output/printable.ts";
import { table } from "../output/table.ts";

/** What held at a time, if that was asked, and the moves. */
export const historyText = (
  name: string,
  { items, at: held }: Pick<AliasHistory, "items" | "at">,
  atMs: number | undefined,
  alias = "champion",
): string => {
  const none = atMs === undefined ? "No alias has been moved yet." : "No alias had been moved by then.";
  const moves = items.length > 0 ? movesTable(items) : none;
  if (atMs === undefined) return moves;
  const when = new Date(atMs).toISOString();
  if (!held || held.version === null) return `${name}: no version was ${alias} at ${when}.\n\n${moves}`;
  const since = `since ${new Date(held.sinceMs).toISOString()}`;
  return `${name}: version ${held.version} was ${alias} at ${when}, ${since}: ${causeOf(held)}\n\n${moves}`;
};

const movesTable = (moves: readonly AliasMoveDocument[]): string =>
  table(
    ["time", "alias", "version", "before", "why"],
    moves.map((move) => [
      ...[new Date(move.sinceMs).toISOString(), move.alias, move.version, move.before, causeOf(move)],
    ]),
  );

/** Moves of earlier releases say neither. */
const causeOf = ({ by, reason }: AliasMoveDocument): string =>
  printable([by, reason].filter(Boolean).join(": ")) || "–";

export const aliasText = ({ aliases }: ModelAliases): string =>
  table(
    ["alias", "version", "since"],
    Object.entries(aliases).map(([alias, { version, sinceMs }]) => [alias, version, new Date(sinceMs).toISOString()]),
  );
