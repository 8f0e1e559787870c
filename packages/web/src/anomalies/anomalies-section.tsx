import { ExplainedTable } from "../layout/explained-table.tsx";
import { Section } from "../layout/section.tsx";
import { AnomalyCells } from "./anomaly-cells.tsx";
import { anomalyId, mergeAnomalies } from "./anomaly-list.ts";
import { Explanation } from "./explanation.tsx";

const COLUMNS = [
  { title: "Time" },
  { title: "Entity" },
  { title: "Grade" },
  { title: "Score", isNumber: true },
  { title: "Mostly because of" },
  { title: "Actual", isNumber: true },
  { title: "Expected", isNumber: true },
];

export const AnomaliesSection = () => (
  <Section id="anomalies" title="Anomalies" aside={<span className="hint">Select a row to see why.</span>}>
    <ExplainedTable
      path="/v1/anomalies"
      merge={mergeAnomalies}
      idOf={anomalyId}
      timeOf={({ timestamp }) => timestamp}
      columns={COLUMNS}
      className="anomalies"
      noun="anomalies"
      whenEmpty="No anomaly so far."
      cells={(anomaly) => <AnomalyCells anomaly={anomaly} />}
      explanation={(anomaly, listed, onClose) => <Explanation anomaly={anomaly} listed={listed} onClose={onClose} />}
    />
  </Section>
);
