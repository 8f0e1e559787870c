import { useMemo, useState } from "react";
import type { Point } from "../api/shapes.ts";
import { Chart } from "../chart/chart.tsx";
import { featureColumns } from "../chart/feature-columns.ts";
import type { Shade } from "../chart/shading.ts";
import { metricLabel } from "../format/metric.ts";
import { metricValue } from "../format/number.ts";
import { clockTime } from "../format/time.ts";

const HEIGHT = 150;

type Props = {
  name: string;
  feature: number;
  points: readonly Point[];
  shades: readonly Shade[];
  syncKey: string;
  isZoomable?: boolean;
  height?: number;
};

/** One metric: value, expected value and band over time; the heading reads the row under the cursor, else the newest. */
export const MetricChart = ({ name, feature, points, shades, syncKey, isZoomable = false, height = HEIGHT }: Props) => {
  const [hovered, setHovered] = useState<number>();
  const columns = useMemo(() => featureColumns(name, points, feature), [name, points, feature]);
  const [seconds, lower, upper, expected, values, marks] = columns;
  const shown = hovered ?? seconds.length - 1;
  const format = (value: number | null | undefined) => metricValue(name, value);
  const band = `${format(lower[shown])} to ${format(upper[shown])}`;
  const hasBand = typeof upper[shown] === "number";
  const marked = marks.filter((mark) => mark !== null).length;
  const { title, unit } = metricLabel(name);
  return (
    <figure className="metric">
      <figcaption>
        <span className="metric-name" title={name}>
          {title}
        </span>
        <span className="metric-value" data-anomalous={typeof marks[shown] === "number"}>
          {format(values[shown])}
        </span>
        <span className="metric-note">
          {hovered !== undefined && `${clockTime((seconds[shown] ?? 0) * 1000)} · `}
          {hasBand ? `expected ${format(expected[shown])}, band ${band}` : "no band yet"}
        </span>
      </figcaption>
      <Chart
        kind="feature"
        columns={columns}
        shades={shades}
        height={height}
        syncKey={syncKey}
        isZoomable={isZoomable}
        formatValue={format}
        hasBytes={unit.startsWith("bytes")}
        onHover={setHovered}
        description={`${title}: ${format(values.at(-1))} now, ${values.length} rows, ${marked} anomalous values`}
      />
    </figure>
  );
};
