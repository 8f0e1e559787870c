import { type ReactNode, useState } from "react";
import { useListing } from "../api/use-listing.ts";
import { dateTime } from "../format/time.ts";
import { type Column, DataTable } from "./data-table.tsx";
import { Notice } from "./notice.tsx";

type Props<T> = {
  path: string;
  merge: (known: readonly T[], fetched: readonly T[]) => T[];
  idOf: (item: T) => string;
  /** Of the first column. */
  timeOf: (item: T) => number;
  columns: readonly Column[];
  caption?: string;
  className: string;
  /** What the items are called. */
  noun: string;
  /** In place of an empty table; absent: nothing. */
  whenEmpty?: string | undefined;
  /** Cells after the time. */
  cells: (item: T) => ReactNode;
  explanation: (item: T, listed: readonly T[], onClose: () => void) => ReactNode;
};

/** The newest of what happened, a row each; a row explains itself in a dialog. */
export const ExplainedTable = <T,>({ path, merge, idOf, timeOf, columns, cells, explanation, ...texts }: Props<T>) => {
  const { items, error, loadOlder } = useListing(path, merge);
  const [explained, setExplained] = useState<T>();
  const { caption, className, noun, whenEmpty } = texts;
  return (
    <>
      {!items && <Notice kind={error ? "error" : "loading"}>{error?.message ?? `Loading ${noun}…`}</Notice>}
      {items?.length === 0 && whenEmpty && <Notice kind="empty">{whenEmpty}</Notice>}
      {items && items.length > 0 && (
        <DataTable columns={columns} className={className} {...(caption && { caption })}>
          {items.map((item) => (
            <ExplainedRow key={idOf(item)} timeMs={timeOf(item)} onExplain={() => setExplained(item)}>
              {cells(item)}
            </ExplainedRow>
          ))}
        </DataTable>
      )}
      {loadOlder && (
        <button type="button" className="more" onClick={loadOlder}>
          Show older
        </button>
      )}
      {explained && explanation(explained, items ?? [], () => setExplained(undefined))}
    </>
  );
};

type RowProps = { timeMs: number; onExplain: () => void; children: ReactNode };

/** The time is a button for the keyboard; a click anywhere on the row does the same. */
const ExplainedRow = ({ timeMs, onExplain, children }: RowProps) => (
  <tr className="clickable" onClick={onExplain}>
    <th scope="row">
      <button type="button" className="link" aria-haspopup="dialog">
        <time dateTime={new Date(timeMs).toISOString()}>{dateTime(timeMs)}</time>
      </button>
    </th>
    {children}
  </tr>
);
