import { useState } from "react";
import type { Series } from "../api/shapes.ts";
import { Notice } from "../layout/notice.tsx";
import { Section } from "../layout/section.tsx";
import { LiveCharts } from "./live-charts.tsx";
import { newestFirst, seriesId, shownSeries } from "./series-list.ts";

/** How many rows the charts reach back. At the collector's two seconds: five minutes, half an hour, two hours. */
const ROW_WINDOWS = [150, 900, 3600] as const;

export const LiveSection = ({ series }: { series: readonly Series[] | undefined }) => {
  const [chosenId, setChosenId] = useState<string>();
  const [rows, setRows] = useState<number>(ROW_WINDOWS[0]);
  const shown = shownSeries(series ?? [], chosenId);
  return (
    <Section
      id="live"
      title="Live"
      aside={
        shown && (
          <div className="controls">
            <label>
              Series
              <select value={seriesId(shown)} onChange={(change) => setChosenId(change.target.value)}>
                {newestFirst(series ?? []).map((one) => (
                  <option key={seriesId(one)} value={seriesId(one)}>
                    {one.entity} · {one.detector}
                  </option>
                ))}
              </select>
            </label>
            <label>
              Rows
              <select value={rows} onChange={(change) => setRows(Number(change.target.value))}>
                {ROW_WINDOWS.map((size) => (
                  <option key={size} value={size}>
                    last {size}
                  </option>
                ))}
              </select>
            </label>
          </div>
        )
      }
    >
      {series === undefined && <Notice kind="loading">Loading series…</Notice>}
      {series && !shown && (
        <Notice kind="empty">No series yet. The first event that matches a detector starts one.</Notice>
      )}
      {shown && <LiveCharts key={`${seriesId(shown)}:${rows}`} series={shown} rows={rows} />}
    </Section>
  );
};
