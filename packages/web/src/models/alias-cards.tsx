import type { AliasMove, WorkflowRun } from "../api/shapes.ts";
import { percent } from "../format/number.ts";
import { dateTime } from "../format/time.ts";
import { moveTo } from "./alias-moves.ts";
import type { Detail } from "./use-detail.ts";

type Props = { detail: Detail; moves: readonly AliasMove[] };

/** What is in use, what is tried beside it, and what was in use before: each since when, and why. */
export const AliasCards = ({ detail, moves }: Props) => (
  <dl className="aliases">
    {CARDS.map(({ alias, title, none }) => {
      const named = detail.aliases[alias];
      // The champion took the place of `previous` in one move, for one reason.
      const move = named && alias !== "previous" ? moveTo(moves, alias, named) : undefined;
      return (
        <div key={alias} className="alias">
          <dt>{title}</dt>
          {!named && <dd className="muted">{none}</dd>}
          {named && (
            <dd>
              <b>Version {named.version}</b>
              <small>since {dateTime(named.sinceMs)}</small>
              {alias === "challenger" && <small>{shadowText(detail.run)}</small>}
              {move && <small className="cause">{causeText(move)}</small>}
            </dd>
          )}
        </div>
      );
    })}
  </dl>
);

const CARDS = [
  { alias: "champion", title: "In use (champion)", none: "no version yet" },
  { alias: "challenger", title: "Tried in shadow (challenger)", none: "none: a retraining brings the next one" },
  { alias: "previous", title: "Before (previous)", none: "none" },
] as const;

const causeText = ({ by, reason }: AliasMove): string => [reason, by && `(${by})`].filter(Boolean).join(" ");

const shadowText = (run: WorkflowRun | null): string | undefined => {
  const step = run?.steps.find(({ name, state }) => name === "shadow" && (state === "running" || state === "waiting"));
  if (!step) return undefined;
  return [step.progress === undefined ? "" : percent(Math.floor(100 * step.progress) / 100), step.text]
    .filter((part) => part !== "")
    .join(", ");
};
