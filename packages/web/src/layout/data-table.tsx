import type { ReactNode } from "react";

/** `isWide`: left out where there is little room. */
export type Column = { title: string; isNumber?: boolean; isWide?: boolean };
type Props = {
  columns: readonly Column[];
  caption?: ReactNode;
  className?: string;
  /** Rows of `tbody`. */
  children: ReactNode;
};

/** A table that scrolls by itself where it is wider than its section. */
export const DataTable = ({ columns, caption, className, children }: Props) => (
  <div className="table-frame">
    <table className={className}>
      {caption && <caption>{caption}</caption>}
      <thead>
        <tr>
          {columns.map(({ title, isNumber, isWide }) => (
            <th key={title} scope="col" className={classesOf(isNumber, isWide)}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </div>
);

const classesOf = (isNumber = false, isWide = false): string | undefined =>
  [isNumber && "number", isWide && "wide-only"].filter(Boolean).join(" ") || undefined;
