import type { Series } from "../api/shapes.ts";
import { percent, short } from "../format/number.ts";
import { Notice } from "../layout/notice.tsx";
import { Section } from "../layout/section.tsx";
import { recordedSeries } from "./episodes.ts";
import { RecordingCharts } from "./recording-charts.tsx";
import { useRecording } from "./use-recording.ts";

/** The recorded data set against its labels. Not shown where the pipeline has none. */
export const RecordingSection = ({ series }: { series: readonly Series[] | undefined }) => {
  const { data: recording, error } = useRecording();
  if (!recording) {
    return recording === null || !error ? null : (
      <Section id="recording" title="Recorded data set">
        <Notice kind="error">{error.message}</Notice>
      </Section>
    );
  }
  const { labels, summary } = recording;
  const recorded = recordedSeries(series ?? [], [...labels.faults, ...labels.busy]);
  return (
    <Section id="recording" title="Recorded data set">
      {summary && (
        <dl className="figures">
          <Figure label="faults found" value={`${summary.detected} of ${summary.episodes}`} />
          <Figure label="precision" value={percent(summary.precision)} />
          <Figure label="recall" value={percent(summary.recall)} />
          <Figure label="incidents" value={short(summary.incidents)} />
          <Figure label="false alarms per hour" value={short(summary.falseAlarmsPerHour)} />
        </dl>
      )}
      {recorded ? (
        <RecordingCharts series={recorded} recording={recording} />
      ) : (
        <Notice kind="loading">The recording is being fed…</Notice>
      )}
    </Section>
  );
};

const Figure = ({ label, value }: { label: string; value: string }) => (
  <div>
    <dt>{label}</dt>
    <dd>{value}</dd>
  </div>
);
