import { useState } from "react";
import type { AnomalousSession } from "../api/shapes.ts";
import { useListing } from "../api/use-listing.ts";
import { count } from "../format/number.ts";
import { dateTime } from "../format/time.ts";
import { visible } from "../format/visible.ts";
import { Notice } from "../layout/notice.tsx";
import { SessionExplanation } from "./session-explanation.tsx";
import { mainDifference, mergeSessions, sessionId } from "./session-list.ts";

/** `isJudged`: whether any log has a model, without which nothing can be found. */
type Props = { isJudged: boolean; mayLabel: boolean };

/** Anomalous sessions, newest first. */
export const SessionTable = ({ isJudged, mayLabel }: Props) => {
  const { items, error, loadOlder } = useListing("/v1/sessions", mergeSessions);
  const [explained, setExplained] = useState<AnomalousSession>();
  return (
    <>
      {!items && <Notice kind={error ? "error" : "loading"}>{error?.message ?? "Loading sessions…"}</Notice>}
      {items?.length === 0 && isJudged && <Notice kind="empty">No anomalous session so far.</Notice>}
      {items && items.length > 0 && (
        <div className="table-frame">
          <table className="sessions">
            <caption>Anomalous sessions</caption>
            <thead>
              <tr>
                <th scope="col">Began</th>
                <th scope="col">Session</th>
                <th scope="col">Score</th>
                <th scope="col" className="number wide-only">
                  Lines
                </th>
                <th scope="col">Mostly because of</th>
              </tr>
            </thead>
            <tbody>
              {items.map((session) => (
                <SessionRow key={sessionId(session)} session={session} onExplain={() => setExplained(session)} />
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
      {explained && (
        <SessionExplanation listed={explained} mayLabel={mayLabel} onClose={() => setExplained(undefined)} />
      )}
    </>
  );
};

type RowProps = { session: AnomalousSession; onExplain: () => void };

/** The time is a button for the keyboard; a click anywhere on the row does the same. */
const SessionRow = ({ session, onExplain }: RowProps) => {
  const difference = mainDifference(session);
  return (
    <tr className="clickable" onClick={onExplain}>
      <th scope="row">
        <button type="button" className="link" aria-haspopup="dialog">
          <time dateTime={new Date(session.startMs).toISOString()}>{dateTime(session.startMs)}</time>
        </button>
      </th>
      <td className="entity">
        {visible(session.key)}
        <small>{session.detector}</small>
      </td>
      <td>
        <span className="grade">
          <meter min={0} max={1} value={session.score} aria-hidden="true" />
          {session.score.toFixed(2)}
        </span>
        {session.state === "open" && <small>still open</small>}
      </td>
      <td className="number wide-only">{count(session.lines)}</td>
      <td>
        {difference ? (
          <>
            {difference.text}: <code className="log-text">{visible(difference.template)}</code>
          </>
        ) : (
          "–"
        )}
      </td>
    </tr>
  );
};
