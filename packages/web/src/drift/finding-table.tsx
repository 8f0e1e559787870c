import type { DriftFinding } from "../api/shapes.ts";
import { short } from "../format/number.ts";
import { dateTime } from "../format/time.ts";
import { DataTable } from "../layout/data-table.tsx";
import { effectText, findingName } from "./finding-words.ts";
import { Sparkline } from "./sparkline.tsx";

const COLUMNS = [
  { title: "What" },
  { title: "Hour by hour" },
  { title: "Change", isNumber: true },
  { title: "Statistic", isNumber: true },
  { title: "Limit", isNumber: true },
];

type Props = { findings: readonly DriftFinding[]; caption: string };

export const FindingTable = ({ findings, caption }: Props) => (
  <DataTable columns={COLUMNS} caption={caption} className="findings">
    {findings.map((finding) => (
      <FindingRow key={`${finding.statistic} ${finding.feature ?? ""}`} finding={finding} />
    ))}
  </DataTable>
);

const FindingRow = ({ finding }: { finding: DriftFinding }) => (
  <tr>
    <th scope="row">
      {findingName(finding)} <FindingTag finding={finding} />
      {finding.sinceMs !== null && <small>{sinceText(finding)}</small>}
      {finding.isOver && <small>{finding.text}</small>}
      {finding.isOver && finding.entities && <small>Most of all: {finding.entities.join(", ")}</small>}
    </th>
    <td>
      <Sparkline of={finding} />
    </td>
    <td className="number">{effectText(finding)}</td>
    <td className="number">{short(finding.value)}</td>
    <td className="number">{short(finding.limit)}</td>
  </tr>
);

const sinceText = ({ sinceMs, shape }: DriftFinding): string =>
  `since ${dateTime(sinceMs ?? 0)}${shape ? `, ${shape === "sudden" ? "all at once" : "little by little"}` : ""}`;

/** Over the limit at one check is no drift yet. */
const FindingTag = ({ finding: { drifted, isOver } }: { finding: DriftFinding }) => {
  if (drifted) return <span className="tag tag-bad">drifted</span>;
  return isOver ? <span className="tag tag-warm">over its limit</span> : null;
};
