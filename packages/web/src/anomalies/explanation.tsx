import { useEffect, useRef } from "react";
import type { Anomaly } from "../api/shapes.ts";
import { metricLabel, withinBounds } from "../format/metric.ts";
import { metricValue, percent, short } from "../format/number.ts";
import { dateTime } from "../format/time.ts";
import { useTemplateText } from "../logs/template-texts.tsx";
import { isNeverNegative, sharesOf } from "./anomaly-list.ts";
import { rarity } from "./rarity.ts";

/** `listed`: the anomalies on the page, which show what values their metrics can have. */
type Props = { anomaly: Anomaly; listed: readonly Anomaly[]; onClose: () => void };

/** Why a row is an anomaly, in a modal dialog: Escape closes it, focus returns to the row. */
export const Explanation = ({ anomaly, listed, onClose }: Props) => {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const text = useTemplateText()(anomaly);
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="explanation-title">
      <div className="section-head">
        <h2 id="explanation-title">
          {text === undefined ? anomaly.entity : "Lines of a template"} <small>{dateTime(anomaly.timestamp)}</small>
        </h2>
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
      {text !== undefined && <pre className="log-line">{text}</pre>}
      <p>{verdict(anomaly)}</p>
      <Attribution anomaly={anomaly} listed={listed} />
      <Origin anomaly={anomaly} isTemplate={text !== undefined} />
    </dialog>
  );
};

const verdict = ({ score, threshold, grade, suppressedBy }: Anomaly): string => {
  const measured = `Score ${short(score)} against a threshold of ${short(threshold)}: ${rarity(score)}.`;
  return suppressedBy
    ? `${measured} Suppressed by the rule “${suppressedBy}”.`
    : `${measured} Grade ${grade.toFixed(2)}.`;
};

const Attribution = ({ anomaly, listed }: Omit<Props, "onClose">) => (
  <div className="table-frame">
    <table className="attribution">
      <caption>What made the score, and what was expected</caption>
      <thead>
        <tr>
          <th scope="col">Metric</th>
          <th scope="col">Share</th>
          <th scope="col" className="number">
            Actual
          </th>
          <th scope="col" className="number">
            Expected
          </th>
          <th scope="col" className="number">
            Band
          </th>
        </tr>
      </thead>
      <tbody>
        {sharesOf(anomaly).map(({ feature, share }) => (
          <tr key={feature}>
            <th scope="row" title={feature}>
              {metricLabel(feature).title}
            </th>
            <td>
              <span className="share">
                <span className="share-number">{percent(Math.round(share * 100) / 100)}</span>
                <span className="bar" style={{ inlineSize: `${Math.round(100 * share)}%` }} />
              </span>
            </td>
            <td className="number">{metricValue(feature, anomaly.values[feature])}</td>
            <td className="number">{metricValue(feature, anomaly.expected[feature])}</td>
            <td className="number">{bandText(anomaly, listed, feature)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

const bandText = ({ detector, values, lower, upper }: Anomaly, listed: readonly Anomaly[], feature: string) => {
  const isFromZero = isNeverNegative(listed, detector, feature);
  const limits = [lower[feature], upper[feature]].map((limit) =>
    metricValue(feature, withinBounds(feature, limit, values[feature], isFromZero)),
  );
  return limits.join(" to ");
};

const Origin = ({ anomaly, isTemplate }: { anomaly: Anomaly; isTemplate: boolean }) => (
  <dl className="origin">
    <dt>Detector</dt>
    <dd>{anomaly.detector}</dd>
    {isTemplate && (
      <>
        <dt>Template</dt>
        <dd>
          <code>{anomaly.entity}</code>
        </dd>
      </>
    )}
    <dt>Model version</dt>
    <dd>{anomaly.modelVersion || "none: the series learns row by row"}</dd>
    <dt>Config hash</dt>
    <dd>
      <code>{anomaly.configHash}</code>
    </dd>
    <dt>Incident</dt>
    <dd>
      <code>{anomaly.incidentId ?? "none"}</code>
    </dd>
  </dl>
);
