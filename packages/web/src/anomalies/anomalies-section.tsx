import { useState } from "react";
import type { Anomaly } from "../api/shapes.ts";
import { Notice } from "../layout/notice.tsx";
import { Section } from "../layout/section.tsx";
import { anomalyId } from "./anomaly-list.ts";
import { AnomalyRow } from "./anomaly-row.tsx";
import { Explanation } from "./explanation.tsx";
import { useAnomalies } from "./use-anomalies.ts";

export const AnomaliesSection = () => {
  const { items, error, loadOlder } = useAnomalies();
  const [explained, setExplained] = useState<Anomaly>();
  return (
    <Section id="anomalies" title="Anomalies" aside={<span className="hint">Select a row to see why.</span>}>
      {!items && <Notice kind={error ? "error" : "loading"}>{error?.message ?? "Loading anomalies…"}</Notice>}
      {items?.length === 0 && <Notice kind="empty">No anomaly so far.</Notice>}
      {items && items.length > 0 && (
        <div className="table-frame">
          <table className="anomalies">
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Entity</th>
                <th scope="col">Grade</th>
                <th scope="col" className="number">
                  Score
                </th>
                <th scope="col">Mostly because of</th>
                <th scope="col" className="number">
                  Actual
                </th>
                <th scope="col" className="number">
                  Expected
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((anomaly) => (
                <AnomalyRow key={anomalyId(anomaly)} anomaly={anomaly} onExplain={() => setExplained(anomaly)} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {loadOlder && (
        <button type="button" className="more" onClick={loadOlder}>
          Show older
        </button>
      )}
      {explained && <Explanation anomaly={explained} listed={items ?? []} onClose={() => setExplained(undefined)} />}
    </Section>
  );
};
