import type { DetectorStatus } from "../api/shapes.ts";
import { rowTotal } from "../counts/sums.ts";
import { count } from "../format/number.ts";
import { dateTime } from "../format/time.ts";
import { warmUpText } from "../format/warm-up.ts";
import { Notice } from "../layout/notice.tsx";
import { Section } from "../layout/section.tsx";

/** `hasLogs`: whether there are detectors of logs, which stand in a section of their own. */
type Props = { detectors: readonly DetectorStatus[] | undefined; hasLogs: boolean };

export const DetectorsSection = ({ detectors, hasLogs }: Props) => (
  <Section id="detectors" title="Detectors">
    {!detectors && <Notice kind="loading">Loading detectors…</Notice>}
    {detectors?.length === 0 && (
      <Notice kind="empty">
        No detector {hasLogs ? "of metrics " : ""}yet. Create one with <code>POST /v1/detectors</code>; the{" "}
        <a href="/docs">API page</a> shows how.
      </Notice>
    )}
    {detectors && detectors.length > 0 && (
      <div className="table-frame">
        <table>
          <thead>
            <tr>
              <th scope="col">Detector</th>
              <th scope="col">Model</th>
              <th scope="col">State</th>
              <th scope="col" className="number">
                Series
              </th>
              <th scope="col" className="number">
                Rows
              </th>
              <th scope="col" className="number">
                Late
              </th>
              <th scope="col" className="number">
                Anomalies
              </th>
              <th scope="col" className="number">
                Suppressed
              </th>
            </tr>
          </thead>
          <tbody>
            {detectors.map((detector) => (
              <DetectorRow key={detector.id} detector={detector} />
            ))}
          </tbody>
        </table>
      </div>
    )}
  </Section>
);

const DetectorRow = ({ detector }: { detector: DetectorStatus }) => (
  <tr>
    <th scope="row">
      {detector.id}
      {detector.description && <small>{detector.description}</small>}
    </th>
    <td>
      {detector.model?.family ?? detector.family}
      <ModelText detector={detector} />
    </td>
    <td>
      <StateText detector={detector} />
    </td>
    <td className="number">{count(detector.series)}</td>
    <td className="number">{count(rowTotal(detector))}</td>
    <td className="number">{count(detector.late)}</td>
    <td className="number">{count(detector.anomalies)}</td>
    <td className="number">{count(detector.suppressed)}</td>
  </tr>
);

/** After a change of the family the model in use is of the one before. */
const ModelText = ({ detector: { family, learns, model } }: { detector: DetectorStatus }) => {
  if (!model) return <small>{WITHOUT_MODEL[learns]}</small>;
  return (
    <>
      <small>
        version {model.version}, {count(model.trainingRows)} rows, {dateTime(model.trainedAtMs)}
      </small>
      {model.family !== family && (
        <small>
          {family}: {WITHOUT_MODEL[learns]}
        </small>
      )}
    </>
  );
};

const WITHOUT_MODEL = {
  "row by row": "learns row by row",
  "by training": "not trained yet",
  elsewhere: "not imported yet",
} as const;

const StateText = ({ detector: { enabled, warmUp } }: { detector: DetectorStatus }) => {
  if (!enabled) return <span className="tag">disabled</span>;
  if (!warmUp) return <span className="tag tag-good">scoring</span>;
  return (
    <>
      <span className="tag tag-warm">warming up</span>
      <small>{warmUpText(warmUp)}</small>
    </>
  );
};
