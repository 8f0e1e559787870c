import { useCallback, useEffect, useRef } from "react";
import { getJson } from "../api/json.ts";
import { withQuery } from "../api/paths.ts";
import type { AnomalousSession, RawLine, Session } from "../api/shapes.ts";
import { usePolling } from "../api/use-polling.ts";
import { count, percent } from "../format/number.ts";
import { dateTime, duration } from "../format/time.ts";
import { visible } from "../format/visible.ts";
import { Notice } from "../layout/notice.tsx";
import { SessionLabel } from "./session-label.tsx";

type Props = { listed: AnomalousSession; mayLabel: boolean; onClose: () => void };
type Verdict = NonNullable<Session["verdict"]>;

/** Why a session is anomalous, with its raw lines, in a modal dialog: Escape closes it, focus returns to the row. */
export const SessionExplanation = ({ listed: { detector, key, startMs }, mayLabel, onClose }: Props) => {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const load = useCallback(
    (signal: AbortSignal) => getJson<Session>(withQuery("/v1/session", { detector, key, start: startMs }), signal),
    [detector, key, startMs],
  );
  const { data, error } = usePolling(load, null);
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="session-title">
      <div className="section-head">
        <h2 id="session-title">
          {visible(key)} <small>{dateTime(startMs)}</small>
        </h2>
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
      {!data && <Notice kind={error ? "error" : "loading"}>{error?.message ?? "Looking into the archive…"}</Notice>}
      {data && <p>{lengthText(data)}</p>}
      {data && !data.verdict && <Notice kind="empty">No verdict yet: there is no model of this log.</Notice>}
      {data?.verdict && <VerdictText verdict={data.verdict} />}
      {data && <SessionLabel session={data} mayLabel={mayLabel} />}
      {data?.verdict && <Origin session={data} verdict={data.verdict} />}
    </dialog>
  );
};

const lengthText = ({ lines, startMs, endMs, state }: Session): string => {
  const length = `${count(lines)} ${lines === 1 ? "line" : "lines"} in ${duration(endMs - startMs)}`;
  return `${length}; ${state === "open" ? "still open" : "ended"}.`;
};

const VerdictText = ({ verdict }: { verdict: Verdict }) => (
  <>
    <p>{nearestText(verdict)}</p>
    <Differences verdict={verdict} />
    {verdict.firstOffending && (
      <>
        <h3 className="log-head">First line at fault</h3>
        <Line line={verdict.firstOffending} />
      </>
    )}
  </>
);

const nearestText = ({ score, isAnomalous, isFinal, nearest }: Verdict): string => {
  const found = `${isAnomalous ? "Anomalous" : "Normal"}${isFinal ? "" : ", if it ended now"}`;
  const said = `${found}, score ${score.toFixed(2)}`;
  if (!nearest) return `${said}.`;
  const { sessions, share, distance } = nearest;
  if (distance === 0) return `${said}: just like ${count(sessions)} normal sessions (${percent(share)}).`;
  const apart = `${count(distance)} ${distance === 1 ? "line" : "lines"}`;
  return `${said}: ${apart} apart from the nearest normal sessions, ${count(sessions)} of them (${percent(share)}).`;
};

const Differences = ({ verdict: { missing, extra } }: { verdict: Verdict }) => {
  const rows = [
    ...extra.map((item) => ({ ...item, kind: "Extra" })),
    ...missing.map((item) => ({ ...item, kind: "Missing" })),
  ];
  if (rows.length === 0) return null;
  return (
    <div className="table-frame">
      <table>
        <caption>What differs from them</caption>
        <thead>
          <tr>
            <th scope="col">Lines</th>
            <th scope="col">Template and first line</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ kind, templateId, template, count: lines, firstLine }) => (
            <tr key={`${kind} ${templateId}`}>
              <th scope="row" className="log-kind">
                {lines} {kind.toLowerCase()}
              </th>
              <td>
                <code className="log-text">{visible(template)}</code>
                {firstLine && <Line line={firstLine} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};

const Line = ({ line }: { line: RawLine }) =>
  line.text === null ? (
    <p className="hint">Its raw line is {line.reason}.</p>
  ) : (
    <>
      <pre className="log-line">{visible(line.text)}</pre>
      <p className="hint log-place">
        {line.object}, line {line.line}
      </p>
    </>
  );

const Origin = ({ session, verdict }: { session: Session; verdict: Verdict }) => (
  <dl className="origin">
    <dt>Detector</dt>
    <dd>{session.detector}</dd>
    <dt>Decided by</dt>
    <dd>
      {verdict.decidedBy}, model version {verdict.modelVersion}
    </dd>
    {session.earlier.length > 0 && (
      <>
        <dt>Other sessions of this key</dt>
        <dd>{session.earlier.map(({ startMs }) => dateTime(startMs)).join(", ")}</dd>
      </>
    )}
  </dl>
);
