import { useMemo } from "react";
import type { Series } from "../api/shapes.ts";
import type { Shade } from "../chart/shading.ts";
import { themeColor } from "../chart/theme.ts";
import { dateTime } from "../format/time.ts";
import { warmUpText } from "../format/warm-up.ts";
import { Notice } from "../layout/notice.tsx";
import { useTemplateText } from "../logs/template-texts.tsx";
import { anomalousRuns } from "./anomalous-runs.ts";
import { MetricChart } from "./metric-chart.tsx";
import { useLivePoints } from "./use-live-points.ts";

const SYNC_KEY = "live";

/** One chart per feature of a series. */
export const LiveCharts = ({ series, rows }: { series: Series; rows: number }) => {
  const { data, error } = useLivePoints(series.detector, series.entity, rows);
  const text = useTemplateText()(series);
  const points = data?.points;
  const shades = useMemo<Shade[]>(
    () => anomalousRuns(points ?? []).map((run) => ({ ...run, color: themeColor("--anomaly-shade") })),
    [points],
  );
  if (!data) return <Notice kind={error ? "error" : "loading"}>{error?.message ?? "Loading points…"}</Notice>;
  const last = data.points.at(-1);
  return (
    <>
      {text !== undefined && <pre className="log-line">{text}</pre>}
      {series.warmUp && <Notice kind="warm-up">Warming up: {warmUpText(series.warmUp)}.</Notice>}
      <p className="hint">
        {last ? `Newest row ${dateTime(last.timestamp)}. ` : "No rows yet. "}
        <span className="key key-value">value</span> <span className="key key-expected">expected</span>{" "}
        <span className="key key-band">band</span> <span className="key key-anomaly">anomaly</span>
      </p>
      <div className="metrics">
        {data.features.map((name, feature) => (
          <MetricChart key={name} {...{ name, feature, shades }} points={data.points} syncKey={SYNC_KEY} />
        ))}
      </div>
    </>
  );
};
