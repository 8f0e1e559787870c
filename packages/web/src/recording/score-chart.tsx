import { useMemo, useState } from "react";
import type { Point } from "../api/shapes.ts";
import { Chart } from "../chart/chart.tsx";
import { scoreColumns } from "../chart/feature-columns.ts";
import type { Shade } from "../chart/shading.ts";
import { short } from "../format/number.ts";
import { clockTime } from "../format/time.ts";

type Props = { points: readonly Point[]; shades: readonly Shade[]; syncKey: string; height: number };

export const ScoreChart = ({ points, shades, syncKey, height }: Props) => {
  const [hovered, setHovered] = useState<number>();
  const columns = useMemo(() => scoreColumns(points), [points]);
  const [seconds, thresholds, scores, marks] = columns;
  const anomalies = marks.filter((mark) => mark !== null).length;
  const score = hovered === undefined ? undefined : scores[hovered];
  return (
    <figure className="metric">
      <figcaption>
        <span className="metric-name">Anomaly score</span>
        <span className="metric-value" data-anomalous={hovered !== undefined && typeof marks[hovered] === "number"}>
          {typeof score === "number" ? short(score) : `${anomalies} anomalous rows`}
        </span>
        <span className="metric-note">
          {hovered !== undefined &&
            `${clockTime((seconds[hovered] ?? 0) * 1000)} · threshold ${short(thresholds[hovered] ?? 0)}`}
        </span>
      </figcaption>
      <Chart
        kind="score"
        columns={columns}
        shades={shades}
        height={height}
        syncKey={syncKey}
        isZoomable
        formatValue={short}
        hasBytes={false}
        onHover={setHovered}
        description={`Anomaly score of ${points.length} rows, ${anomalies} of them anomalous; the table below lists the labelled faults`}
      />
    </figure>
  );
};
