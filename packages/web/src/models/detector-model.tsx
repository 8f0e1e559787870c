import { useState } from "react";
import { isNotFound } from "../api/json.ts";
import { modelPath } from "../api/paths.ts";
import type { DetectorStatus, Model, WorkflowRun } from "../api/shapes.ts";
import { useListing } from "../api/use-listing.ts";
import { Notice } from "../layout/notice.tsx";
import { AliasCards } from "./alias-cards.tsx";
import { mergeMoves } from "./alias-moves.ts";
import { MoveTable } from "./move-table.tsx";
import { Retraining, RunTag } from "./retraining.tsx";
import { useDetail } from "./use-detail.ts";
import { WishButtons } from "./wish-buttons.tsx";
import { wishesOf } from "./wishes.ts";

type Props = {
  model: Model;
  /** Absent for a detector of logs. */
  detector: DetectorStatus | undefined;
  /** The retraining that is under way. */
  open: WorkflowRun | undefined;
  isOpen: boolean;
  mayOperate: boolean;
  onChanged: () => void;
};

/** A fold per detector: what is inside is asked for only while it is open. */
export const DetectorModel = ({ isOpen: isOpenAtFirst, ...props }: Props) => {
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  const { model, open } = props;
  return (
    <details className="part" open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary className="part-head">
        <h3>{model.name}</h3>
        <span className="hint">
          {model.family}
          {model.champion && `, version ${model.champion.version}`}
        </span>
        {open && !isOpen && <RunTag run={open} />}
      </summary>
      {isOpen && <Inside {...props} />}
    </details>
  );
};

const Inside = ({ model, detector, mayOperate, onChanged }: Omit<Props, "isOpen">) => {
  const { data: detail, error, refresh: refreshDetail } = useDetail(model.name);
  const history = useListing(modelPath(model.name, "history"), mergeMoves);
  const untrainable = whyUntrainable(detector);
  const refresh = () => {
    refreshDetail();
    history.refresh();
    onChanged();
  };
  if (!detail) return <Notice kind={error ? "error" : "loading"}>{error?.message ?? "Loading…"}</Notice>;
  const { run } = detail;
  return (
    <>
      {error && <Notice kind="error">{error.message} Showing what was last known.</Notice>}
      {history.error && !isNotFound(history.error) && <Notice kind="error">{history.error.message}</Notice>}
      <AliasCards detail={detail} moves={history.items ?? []} />
      {run && <Retraining run={run} />}
      {untrainable && <p className="hint">{untrainable}</p>}
      {!run && !untrainable && (
        <p className="hint">No retraining so far. One begins by itself when drift is found, or when you ask for it.</p>
      )}
      <WishButtons wishes={wishesOf({ name: model.name, detail, untrainable, mayOperate })} onDone={refresh} />
      {history.items && history.items.length > 0 && <MoveTable moves={history.items} onOlder={history.loadOlder} />}
    </>
  );
};

const whyUntrainable = (detector: DetectorStatus | undefined): string | undefined => {
  if (!detector) return "A model of logs is trained anew by itself, each time enough sessions have ended.";
  if (detector.learns === "elsewhere") return "This model is made elsewhere: import a new version to replace it.";
  return undefined;
};
