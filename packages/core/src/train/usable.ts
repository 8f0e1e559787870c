import type { Detector } from "../detector.ts";
import { rowsHash } from "../feature/hash.ts";
import type { Point } from "../store/points.ts";

/** Whether points are rows that the detector would make now, whatever family or settings it had when it made them. */
export const usablePoints = (detector: Detector) => {
  const rows = rowsHash(detector);
  return (point: Point): boolean => point.rowsHash === rows;
};
