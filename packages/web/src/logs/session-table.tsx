import type { AnomalousSession } from "../api/shapes.ts";
import { count } from "../format/number.ts";
import { visible } from "../format/visible.ts";
import { ExplainedTable } from "../layout/explained-table.tsx";
import { Grade } from "../layout/grade.tsx";
import { SessionExplanation } from "./session-explanation.tsx";
import { mainDifference, mergeSessions, sessionId } from "./session-list.ts";

/** `isJudged`: whether any log has a model, without which nothing can be found. */
type Props = { isJudged: boolean; mayLabel: boolean };

const COLUMNS = [
  { title: "Began" },
  { title: "Session" },
  { title: "Score" },
  { title: "Lines", isNumber: true, isWide: true },
  { title: "Mostly because of" },
];

/** Anomalous sessions, newest first. */
export const SessionTable = ({ isJudged, mayLabel }: Props) => (
  <ExplainedTable
    path="/v1/sessions"
    merge={mergeSessions}
    idOf={sessionId}
    timeOf={({ startMs }) => startMs}
    columns={COLUMNS}
    caption="Anomalous sessions"
    className="sessions"
    noun="sessions"
    whenEmpty={isJudged ? "No anomalous session so far." : undefined}
    cells={(session) => <SessionCells session={session} />}
    explanation={(session, _, onClose) => <SessionExplanation listed={session} mayLabel={mayLabel} onClose={onClose} />}
  />
);

const SessionCells = ({ session }: { session: AnomalousSession }) => {
  const difference = mainDifference(session);
  return (
    <>
      <td className="entity">
        {visible(session.key)}
        <small>{session.detector}</small>
      </td>
      <td>
        <Grade grade={session.score} />
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
    </>
  );
};
