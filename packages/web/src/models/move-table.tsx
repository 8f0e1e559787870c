import type { AliasMove } from "../api/shapes.ts";
import { dateTime } from "../format/time.ts";
import { DataTable } from "../layout/data-table.tsx";
import { moveId, moveText } from "./alias-moves.ts";

const COLUMNS = [{ title: "When" }, { title: "Alias" }, { title: "Who, and why" }];

type Props = { moves: readonly AliasMove[]; onOlder: (() => void) | undefined };

/** Who moved which alias when, and why. */
export const MoveTable = ({ moves, onOlder }: Props) => (
  <details>
    <summary>History: who moved which alias, and why</summary>
    <DataTable columns={COLUMNS} className="moves">
      {moves.map((move) => (
        <tr key={moveId(move)}>
          <th scope="row">
            <time dateTime={new Date(move.sinceMs).toISOString()}>{dateTime(move.sinceMs)}</time>
          </th>
          <td>
            {move.alias}
            <small>{moveText(move)}</small>
          </td>
          <td className="cause">
            {move.by ?? "–"}
            {move.reason && <small>{move.reason}</small>}
          </td>
        </tr>
      ))}
    </DataTable>
    {onOlder && (
      <button type="button" className="more" onClick={onOlder}>
        Show older moves
      </button>
    )}
  </details>
);
