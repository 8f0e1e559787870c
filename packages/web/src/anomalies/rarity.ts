import { short } from "../format/number.ts";

/** Rarer than this the reference rows cannot tell apart, so the page doesn't either. */
const RAREST_SHOWN_SCORE = 6;

/** What a score means: it is −log₁₀ of the share of reference rows that are at least as strange. */
export const rarity = (score: number): string => {
  const isBeyond = score > RAREST_SHOWN_SCORE;
  const rows = 10 ** Math.min(score, RAREST_SHOWN_SCORE);
  const shown = short(Number(rows.toPrecision(2)));
  return isBeyond ? `rarer than one in ${shown} normal rows` : `as rare as one in ${shown} normal rows`;
};
