import type { GateDecision } from "../api/shapes.ts";
import { count } from "../format/number.ts";
import { dateTime } from "../format/time.ts";
import { DataTable } from "../layout/data-table.tsx";
import { gateFigure, ruleName } from "./gate-figure.ts";

const COLUMNS = [
  { title: "Rule" },
  { title: "Champion", isNumber: true },
  { title: "Challenger", isNumber: true },
  { title: "Limit", isNumber: true },
];

/** `told`: what stands above already. */
type Props = { decision: GateDecision; told: string | undefined };

/** How both models stood by each rule, what failed first. */
export const GateTable = ({ decision, told }: Props) => (
  <>
    <p>
      The gate says <strong>{decision.outcome}</strong>
      {decision.reason === told ? "." : `: ${decision.reason}`}
    </p>
    <DataTable columns={COLUMNS} caption={captionOf(decision)} className="gate">
      {[...decision.rules]
        .sort((a, b) => Number(a.passed) - Number(b.passed))
        .map(({ rule, champion, challenger, limit, passed, text }) => (
          <tr key={rule}>
            <th scope="row">
              {ruleName(rule)}{" "}
              {passed ? (
                <span className="tag tag-good">✓ passed</span>
              ) : (
                <span className="tag tag-bad">✕ not passed</span>
              )}
              <small className={passed ? "wide-only" : undefined}>{text}</small>
            </th>
            <td className="number">{gateFigure(rule, champion)}</td>
            <td className="number">{gateFigure(rule, challenger)}</td>
            <td className="number">{gateFigure(rule, limit)}</td>
          </tr>
        ))}
    </DataTable>
  </>
);

const captionOf = ({ rows, fromMs, toMs, alerts: { added, vanished, common } }: GateDecision): string =>
  `${count(rows)} rows scored by both, ${dateTime(fromMs)} to ${dateTime(toMs)}. Incidents: ${count(common)} in both, ` +
  `${count(added)} new, ${count(vanished)} gone.`;
