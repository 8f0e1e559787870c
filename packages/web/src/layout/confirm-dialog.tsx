import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Notice } from "./notice.tsx";

export type Confirmation = {
  title: string;
  /** What will follow, in words. */
  text: ReactNode;
  /** Of the button that does it. */
  action: string;
  /** Label of a field for a reason; absent: none is asked for. */
  reason?: string;
  run: (reason: string) => Promise<void>;
};
type Props = { of: Confirmation; onClose: () => void };

const MOST_CHARACTERS = 500;

/** Asks before something is done, in a modal dialog that stays open with the server's words when it fails. */
export const ConfirmDialog = ({ of: { title, text, action, reason: reasonLabel, run }, onClose }: Props) => {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const [reason, setReason] = useState("");
  const [isRunning, setRunning] = useState(false);
  const [error, setError] = useState<Error>();
  const [heading, consequence, field] = [useId(), useId(), useId()];
  const confirm = async (event: FormEvent) => {
    event.preventDefault();
    if (isRunning) return;
    setRunning(true);
    try {
      await run(reason.trim());
      dialog.current?.close();
    } catch (failure) {
      setError(failure as Error);
      setRunning(false);
    }
  };
  return (
    <dialog ref={dialog} className="confirm" onClose={onClose} aria-labelledby={heading} aria-describedby={consequence}>
      <form onSubmit={confirm}>
        <h2 id={heading}>{title}</h2>
        <p id={consequence}>{text}</p>
        {reasonLabel && (
          <div className="field">
            <label htmlFor={field}>{reasonLabel}</label>
            <input
              id={field}
              value={reason}
              onChange={(change) => setReason(change.target.value)}
              maxLength={MOST_CHARACTERS}
              autoComplete="off"
            />
          </div>
        )}
        {error && <Notice kind="error">{error.message}</Notice>}
        <div className="controls confirm-buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            Leave as it is
          </button>
          <button type="submit" className="primary" aria-disabled={isRunning}>
            {isRunning ? "Sending…" : action}
          </button>
        </div>
      </form>
    </dialog>
  );
};
