import type { Anomaly } from "../api/shapes.ts";
import { metricLabel } from "../format/metric.ts";
import { metricValue, percent, short } from "../format/number.ts";
import { dateTime } from "../format/time.ts";
import { EntityName } from "../logs/entity-name.tsx";
import { sharesOf } from "./anomaly-list.ts";

type Props = { anomaly: Anomaly; onExplain: () => void };

/** The time is a button for the keyboard; a click anywhere on the row does the same. */
export const AnomalyRow = ({ anomaly, onExplain }: Props) => {
  const top = sharesOf(anomaly)[0];
  return (
    <tr className="clickable" onClick={onExplain}>
      <th scope="row">
        <button type="button" className="link" aria-haspopup="dialog">
          <time dateTime={new Date(anomaly.timestamp).toISOString()}>{dateTime(anomaly.timestamp)}</time>
        </button>
      </th>
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
    </tr>
  );
};

/** Whole percent: a share is an estimate. */
const round = (share: number) => Math.round(share * 100) / 100;

const Grade = ({ grade }: { grade: number }) => (
  <span className="grade">
    <meter min={0} max={1} value={grade} aria-hidden="true" />
    {grade.toFixed(2)}
  </span>
);
