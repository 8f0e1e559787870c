import type { Anomaly } from "../api/shapes.ts";
import { metricLabel } from "../format/metric.ts";
import { metricValue, percent, short } from "../format/number.ts";
import { Grade } from "../layout/grade.tsx";
import { EntityName } from "../logs/entity-name.tsx";
import { sharesOf } from "./anomaly-list.ts";

/** What a row says after its time. */
export const AnomalyCells = ({ anomaly }: { anomaly: Anomaly }) => {
  const top = sharesOf(anomaly)[0];
  return (
    <>
      <td className="entity">
        <EntityName of={anomaly} />
      </td>
      <td>
        {anomaly.suppressedBy ? <span className="tag">{anomaly.suppressedBy}</span> : <Grade grade={anomaly.grade} />}
      </td>
      <td className="number">{short(anomaly.score)}</td>
      <td>{top ? `${metricLabel(top.feature).title}, ${percent(round(top.share))}` : "–"}</td>
      <td className="number">{top && metricValue(top.feature, anomaly.values[top.feature])}</td>
      <td className="number">{top && metricValue(top.feature, anomaly.expected[top.feature])}</td>
    </>
  );
};

/** Whole percent: a share is an estimate. */
const round = (share: number) => Math.round(share * 100) / 100;
