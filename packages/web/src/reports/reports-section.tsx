import type { Report } from "../api/shapes.ts";
import { useListing } from "../api/use-listing.ts";
import { dateTime } from "../format/time.ts";
import { DataTable } from "../layout/data-table.tsx";
import { Notice } from "../layout/notice.tsx";
import { Section } from "../layout/section.tsx";
import { ReportLink } from "./report-link.tsx";
import { deliveryTexts, mergeReports } from "./report-list.ts";

const COLUMNS = [{ title: "Until" }, { title: "Report" }];

/** How models fared, in a paragraph each, with a link to the whole. */
export const ReportsSection = () => {
  const { items, error, loadOlder } = useListing("/v1/reports", mergeReports);
  return (
    <Section id="reports" title="Reports">
      {!items && <Notice kind={error ? "error" : "loading"}>{error?.message ?? "Loading reports…"}</Notice>}
      {items && error && <Notice kind="error">{error.message}</Notice>}
      {items?.length === 0 && (
        <Notice kind="empty">
          No report yet. One is made when drift begins, and each day or week where a detector's{" "}
          <code>reports.every</code> says so.
        </Notice>
      )}
      {items && items.length > 0 && (
        <DataTable columns={COLUMNS} className="reports">
          {items.map((report) => (
            <ReportRow key={report.id} report={report} />
          ))}
        </DataTable>
      )}
      {loadOlder && (
        <button type="button" className="more" onClick={loadOlder}>
          Show older
        </button>
      )}
    </Section>
  );
};

const KINDS = { day: "day", week: "week", drift: "drift", asked: "by request" } as const;
const TONES = {
  good: { className: "tag tag-good", text: "all is well" },
  watch: { className: "tag tag-warm", text: "worth a look" },
  bad: { className: "tag tag-bad", text: "needs attention" },
} as const;

const ReportRow = ({ report }: { report: Report }) => {
  const { atMs, kind, detector, tone, verdict } = report;
  return (
    <tr>
      <th scope="row" className="entity">
        <time dateTime={new Date(atMs).toISOString()}>{dateTime(atMs)}</time>
        <small>
          {detector}, {KINDS[kind]}
        </small>
      </th>
      <td className="cause">
        <ReportLink report={report} /> <span className={TONES[tone].className}>{TONES[tone].text}</span>
        <small>{verdict}</small>
        {deliveryTexts(report).map((text) => (
          <small key={text}>{text}</small>
        ))}
      </td>
    </tr>
  );
};
