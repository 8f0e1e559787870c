import type { LogDetectorStatus } from "../api/shapes.ts";
import { count } from "../format/number.ts";
import { dateTime } from "../format/time.ts";
import { Notice } from "../layout/notice.tsx";

/** What a log's sessions are judged by; before the first training, what that waits for. */
export const ModelState = ({ detector: { id, enabled, model, warmUp } }: { detector: LogDetectorStatus }) => {
  if (!enabled) return <p className="hint">{id} is disabled.</p>;
  if (model) {
    return (
      <p className="hint">
        {id}: model version {model.version}, {count(model.trainingSessions)} sessions, {dateTime(model.trainedAtMs)}
      </p>
    );
  }
  return (
    <Notice kind="warm-up">
      <strong>{id}</strong>: {warmUp?.cause ?? "no model yet"}. Verdicts come after the first training, which takes
      place by itself at <code>session.minTrainingSessions</code> ended sessions.
    </Notice>
  );
};
