import { useState } from "react";
import type { Series } from "../api/shapes.ts";
import { Notice } from "../layout/notice.tsx";
import { Picker } from "../layout/picker.tsx";
import { Section } from "../layout/section.tsx";
import { LiveCharts } from "./live-charts.tsx";
import { newestFirst, seriesId, shownSeries } from "./series-list.ts";

/** How many rows the charts reach back. With ten seconds a row: 25 minutes, 2.5 hours, 10 hours. */
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
            <Picker
              label="Series"
              value={seriesId(shown)}
              options={newestFirst(series ?? []).map((one) => ({
                value: seriesId(one),
                label: `${one.entity} · ${one.detector}`,
              }))}
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
      {shown && <LiveCharts key={`${seriesId(shown)}:${rows}`} series={shown} rows={rows} />}
    </Section>
  );
};
