import { useState } from "react";
import type { LogDetectorStatus, Series } from "../api/shapes.ts";
import { count } from "../format/number.ts";
import { shortened } from "../format/shortened.ts";
import { Notice } from "../layout/notice.tsx";
import { Picker } from "../layout/picker.tsx";
import { Section } from "../layout/section.tsx";
import { useTemplateText } from "../logs/template-texts.tsx";
import { LiveCharts } from "./live-charts.tsx";
import { mostAnomalous, newestFirst, seriesId, shownSeries } from "./series-list.ts";
import { useRateSeries } from "./use-rate-series.ts";

/** How many rows the charts reach back. With ten seconds a row: 25 minutes, 2.5 hours, 10 hours. */
const ROW_WINDOWS = [150, 900, 3600] as const;
/** Templates whose rates can be picked: a log has hundreds, and most look alike. */
const RATES_SHOWN = 5;
/** Characters of a template in the list of series. */
const MOST_SHOWN = 60;

type Props = { series: readonly Series[] | undefined; logDetectors: readonly LogDetectorStatus[] };

export const LiveSection = ({ series, logDetectors }: Props) => {
  const [chosenId, setChosenId] = useState<string>();
  const [rows, setRows] = useState<number>(ROW_WINDOWS[0]);
  const textOf = useTemplateText();
  const rates = useRateSeries(logDetectors);
  const strangest = mostAnomalous(rates, RATES_SHOWN, chosenId);
  const chosenRate = strangest.find((one) => seriesId(one) === chosenId);
  const shown = chosenRate ?? shownSeries(series ?? [], chosenId) ?? (series && strangest[0]);
  const option = (one: Series) => ({
    value: seriesId(one),
    label: `${shortened(textOf(one) ?? one.entity, MOST_SHOWN)} · ${one.detector}`,
  });
  return (
    <Section
      id="live"
      title="Live"
      aside={
        shown && (
          <div className="controls">
            <Picker
              label="Series"
              value={seriesId(shown)}
              options={newestFirst(series ?? []).map(option)}
              group={{ label: "Lines per template", options: strangest.map(option) }}
              onPick={setChosenId}
            />
            <Picker
              label="Rows"
              value={String(rows)}
              options={ROW_WINDOWS.map((size) => ({ value: String(size), label: `last ${size}` }))}
              onPick={(size) => setRows(Number(size))}
            />
          </div>
        )
      }
    >
      {series === undefined && <Notice kind="loading">Loading series…</Notice>}
      {series && !shown && (
        <Notice kind="empty">No series yet. The first event that matches a detector starts one.</Notice>
      )}
      {rates.length > strangest.length && (
        <p className="hint">
          Of {count(rates.length)} templates whose lines are counted, the {count(strangest.length)} most anomalous can
          be picked.
        </p>
      )}
      {shown && <LiveCharts key={`${seriesId(shown)}:${rows}`} series={shown} rows={rows} />}
    </Section>
  );
};
