import { count } from "./number.ts";

type WarmUp = { cause: string; rowsNeeded: number };

/** Why there are no scores yet, and how many rows are missing where rows are what is missing. */
export const warmUpText = ({ cause, rowsNeeded }: WarmUp): string => {
  if (rowsNeeded === 0) return cause;
  return `${cause}, ${count(rowsNeeded)} more ${rowsNeeded === 1 ? "row" : "rows"} needed`;
};
