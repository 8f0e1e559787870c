import { useId, useState } from "react";
import { type Confirmation, ConfirmDialog } from "../layout/confirm-dialog.tsx";
import type { Wish } from "./wishes.ts";

type Props = { wishes: readonly Wish[]; onDone: () => void };

/** Buttons that ask before they do; one that may not be used says why, and can still be found by keyboard. */
export const WishButtons = ({ wishes, onDone }: Props) => {
  const [asked, setAsked] = useState<Confirmation>();
  const hint = useId();
  const refusals = [...new Set(wishes.flatMap(({ refusal }) => refusal ?? []))];
  if (wishes.length === 0) return null;
  const run = async (confirmation: Confirmation, reason: string) => {
    await confirmation.run(reason);
    onDone();
  };
  return (
    <div className="wishes">
      <div className="controls">
        {wishes.map(({ label, isMain = false, refusal, confirmation }) => (
          <button
            key={label}
            type="button"
            className={isMain ? "primary" : undefined}
            aria-haspopup="dialog"
            aria-disabled={refusal !== undefined}
            aria-describedby={refusal === undefined ? undefined : `${hint}-${refusals.indexOf(refusal)}`}
            onClick={() => refusal === undefined && setAsked(confirmation)}
          >
            {label}
          </button>
        ))}
      </div>
      {refusals.map((refusal, at) => (
        <p key={refusal} id={`${hint}-${at}`} className="hint">
          {refusal}
        </p>
      ))}
      {asked && (
        <ConfirmDialog of={{ ...asked, run: (reason) => run(asked, reason) }} onClose={() => setAsked(undefined)} />
      )}
    </div>
  );
};
