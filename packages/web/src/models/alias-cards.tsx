import type { AliasMove, Model, WorkflowRun } from "../api/shapes.ts";
import { percent } from "../format/number.ts";
import { dateTime } from "../format/time.ts";
import { presentMove } from "./alias-moves.ts";

type Props = { model: Model; moves: readonly AliasMove[]; run: WorkflowRun | null };

/** What is in use, what is tried beside it, and what was in use before: each since when, and why. */
export const AliasCards = ({ model: { champion, previous }, moves, run }: Props) => {
  const challenger = presentMove(moves, "challenger");
  return (
    <dl className="aliases">
      <AliasCard title="In use" of={champion} move={presentMove(moves, "champion")} none="no version yet" />
      <AliasCard
        title="Tried in shadow"
        of={challenger}
        move={challenger}
        none="none: a retraining brings the next one"
        note={challenger && shadowText(run)}
      />
      <AliasCard title="Before" of={previous} move={presentMove(moves, "previous")} none="none" />
    </dl>
  );
};

type CardProps = {
  title: string;
  of: { version: number | null; sinceMs: number } | null | undefined;
  move: AliasMove | undefined;
  /** In its place while there is none. */
  none: string;
  note?: string | undefined;
};

const AliasCard = ({ title, of, move, none, note }: CardProps) => (
  <div className="alias">
    <dt>{title}</dt>
    {!of && <dd className="muted">{none}</dd>}
    {of && (
      <dd>
        <b>Version {of.version}</b> <small>since {dateTime(of.sinceMs)}</small>
        {note && <small>{note}</small>}
        {move?.version === of.version && move.reason && (
          <small className="cause">
            {move.reason}
            {move.by && ` (${move.by})`}
          </small>
        )}
      </dd>
    )}
  </div>
);

const shadowText = (run: WorkflowRun | null): string | undefined => {
  const step = run?.steps.find(({ name, state }) => name === "shadow" && (state === "running" || state === "waiting"));
  if (!step) return undefined;
  return [step.progress === undefined ? "" : percent(Math.floor(100 * step.progress) / 100), step.text]
    .filter((part) => part !== "")
    .join(", ");
};
