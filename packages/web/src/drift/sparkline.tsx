import type { DriftFinding } from "../api/shapes.ts";
import { count, NO_VALUE, short } from "../format/number.ts";
import { sparklineShape } from "./sparkline-shape.ts";

const SIZE = { width: 150, height: 34 };

type Props = { of: Pick<DriftFinding, "sparkline" | "limit" | "isOver"> };

/** A statistic hour by hour, with its limit as a dashed line. */
export const Sparkline = ({ of: { sparkline, limit, isOver } }: Props) => {
  if (sparkline.every((value) => value === null)) return NO_VALUE;
  const { paths, limits, last } = sparklineShape(sparkline, limit, SIZE);
  return (
    <svg className="sparkline" data-over={isOver} viewBox={`0 0 ${SIZE.width} ${SIZE.height}`} {...SIZE} role="img">
      <title>{inWords(sparkline, limit)}</title>
      {limits.map((y) => (
        <line key={y} className="sparkline-limit" x1={0} x2={SIZE.width} y1={y} y2={y} />
      ))}
      {paths.map((path) => (
        <path key={path} d={path} />
      ))}
      {last && <circle cx={last.x} cy={last.y} r={2.5} />}
    </svg>
  );
};

const inWords = (values: DriftFinding["sparkline"], limit: number): string => {
  const known = values.filter((value) => value !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const newest = values.at(-1);
  const last = typeof newest === "number" ? `, ${short(newest)} in the last one` : "";
  return `${count(values.length)} hours: between ${short(least)} and ${short(most)}${last}; limit ${short(limit)}`;
};
