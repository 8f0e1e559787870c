import type { AnomalousSession } from "../api/shapes.ts";

export const sessionId = ({ detector, key, startMs }: AnomalousSession): string =>
  JSON.stringify([detector, key, startMs]);

/** Newest first, each session once; the later list wins where both have one. */
export const mergeSessions = (
  known: readonly AnomalousSession[],
  fetched: readonly AnomalousSession[],
): AnomalousSession[] => {
  const byId = new Map([...known, ...fetched].map((session) => [sessionId(session), session]));
  return [...byId.values()].sort((a, b) => b.startMs - a.startMs || b.key.localeCompare(a.key));
};

/** In a few words what is wrong with it: a line too many says more than one that is missing. */
export const mainDifference = ({
  extra,
  missing,
}: Pick<AnomalousSession, "extra" | "missing">): { text: string; template: string } | undefined => {
  const [more, less] = [extra[0], missing[0]];
  if (more) return { text: `${more.count} too many`, template: more.template };
  return less && { text: `${less.count} missing`, template: less.template };
};
