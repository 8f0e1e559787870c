import { useMemo, useState } from "react";
import type { Recording, Series } from "../api/shapes.ts";
import type { Shade } from "../chart/shading.ts";
import { themeColor } from "../chart/theme.ts";
import { metricLabel } from "../format/metric.ts";
import { Notice } from "../layout/notice.tsx";
import { Picker } from "../layout/picker.tsx";
import { MetricChart } from "../live/metric-chart.tsx";
import { EpisodeTable } from "./episode-table.tsx";
import { episodeResults, kindName } from "./episodes.ts";
import { ScoreChart } from "./score-chart.tsx";
import { useAllPoints } from "./use-recording.ts";

const SYNC_KEY = "recording";
const SCORE_HEIGHT = 230;
const METRIC_HEIGHT = 180;

type Props = { series: Series; recording: Recording };

export const RecordingCharts = ({ series, recording }: Props) => {
  const { labels, summary } = recording;
  const { data, error } = useAllPoints(series);
  const [feature, setFeature] = useState(0);
  const labelled = useMemo(() => labelShades(labels), [labels]);
  const shades = useMemo(() => labelled.map(({ label: _named, ...shade }) => shade), [labelled]);
  const results = useMemo(
    () => episodeResults(labels.faults, data?.points ?? [], summary?.missed ?? []),
    [labels, data, summary],
  );
  if (!data) return <Notice kind={error ? "error" : "loading"}>{error?.message ?? "Loading the recording…"}</Notice>;
  const name = data.features[feature];
  return (
    <>
      <p className="hint">
        {series.entity}, drag to zoom, double-click to see all. <span className="key key-value">score</span>{" "}
        <span className="key key-expected">threshold</span> <span className="key key-fault">labelled fault</span>{" "}
        <span className="key key-busy">busy, but normal</span> <span className="key key-anomaly">anomaly</span>
      </p>
      <ScoreChart points={data.points} shades={labelled} syncKey={SYNC_KEY} height={SCORE_HEIGHT} />
      <div className="controls controls-between">
        <Picker
          label="Metric"
          value={String(feature)}
          options={data.features.map((one, i) => ({ value: String(i), label: metricLabel(one).title }))}
          onPick={(index) => setFeature(Number(index))}
        />
      </div>
      {name && (
        <MetricChart
          key={name}
          {...{ name, feature, shades }}
          points={data.points}
          syncKey={SYNC_KEY}
          isZoomable
          height={METRIC_HEIGHT}
        />
      )}
      {summary && <EpisodeTable results={results} />}
    </>
  );
};

const labelShades = ({ faults, busy }: Recording["labels"]): Shade[] => [
  ...busy.map((episode) => ({ fromMs: episode.startMs, toMs: episode.endMs, color: themeColor("--busy-shade") })),
  ...faults.map((episode) => ({
    fromMs: episode.startMs,
    toMs: episode.endMs,
    label: kindName(episode.kind),
    color: themeColor("--fault-shade"),
    labelColor: themeColor("--fault"),
  })),
];
