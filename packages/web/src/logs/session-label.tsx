import { useId, useState } from "react";
import { isKeyProblem } from "../access/key-problem.ts";
import { postJson } from "../api/json.ts";
import type { Session } from "../api/shapes.ts";
import { Notice } from "../layout/notice.tsx";
import { type LabelKind, labelRequest } from "./label-request.ts";

type Props = { session: Session; mayLabel: boolean };

const KINDS = [
  { kind: "anomalous", text: "This is anomalous" },
  { kind: "normal", text: "This is normal" },
] as const;

/** The label that a session has, and buttons that give it one; without the right to, a sentence in their place. */
export const SessionLabel = ({ session, mayLabel }: Props) => {
  const [given, setGiven] = useState<LabelKind>();
  const [isSending, setSending] = useState(false);
  const [error, setError] = useState<Error>();
  const title = useId();
  const label = given ?? session.label?.label;
  const give = async (kind: LabelKind) => {
    setSending(true);
    try {
      await postJson("/v1/labels", labelRequest(session, kind), new AbortController().signal);
      setGiven(kind);
      setError(undefined);
    } catch (failure) {
      setError(failure as Error);
    }
    setSending(false);
  };
  return (
    <fieldset className="session-label" aria-labelledby={title}>
      <h3 id={title}>Label</h3>
      <p role="status">
        {label ? `Labelled as ${label}.` : "Nobody has said yet whether this is right."}
        {given && " The next training learns from it."}
      </p>
      {mayLabel && !isKeyProblem(error) && (
        <div className="controls">
          {KINDS.map(({ kind, text }) => (
            <button
              key={kind}
              type="button"
              aria-pressed={label === kind}
              aria-disabled={isSending}
              onClick={() => !isSending && label !== kind && give(kind)}
            >
              {text}
            </button>
          ))}
        </div>
      )}
      {error && <Notice kind="error">{error.message}</Notice>}
      <p className="hint">
        Ten labelled sessions of each kind teach the next model, which then goes by them; with fewer, those labelled
        anomalous are only left out of what is usual.
        {!mayLabel && (
          <>
            {" "}
            To give one, the key needs the scope <code>operate</code>.
          </>
        )}
      </p>
    </fieldset>
  );
};
