import { useCallback } from "react";
import { getJson } from "../api/json.ts";
import { withQuery } from "../api/paths.ts";
import type { Template, TemplateList } from "../api/shapes.ts";
import { usePolling } from "../api/use-polling.ts";
import { count } from "../format/number.ts";
import { dateTime } from "../format/time.ts";
import { visible } from "../format/visible.ts";

const POLL_MS = 10_000;
const SHOWN = 10;

/**
 * Kinds of lines that no model knows yet, and those that used to come and do so no more; nothing where there are none.
 */
export const TemplateNews = ({ detector }: { detector: string }) => {
  const load = useCallback(
    async (signal: AbortSignal): Promise<Template[]> => {
      const of = (status: string) =>
        getJson<TemplateList>(withQuery("/v1/templates", { detector, status, limit: SHOWN }), signal);
      const [fresh, vanished] = await Promise.all([of("new"), of("vanished")]);
      return [...fresh.items, ...vanished.items];
    },
    [detector],
  );
  const { data } = usePolling(load, POLL_MS);
  if (!data || data.length === 0) return null;
  return (
    <div className="table-frame">
      <table>
        <caption>New and vanished templates of {detector}</caption>
        <thead>
          <tr>
            <th scope="col">Since</th>
            <th scope="col">Template</th>
            <th scope="col" className="number">
              Lines
            </th>
          </tr>
        </thead>
        <tbody>
          {data.map((template) => (
            <TemplateRow key={template.id} template={template} />
          ))}
        </tbody>
      </table>
    </div>
  );
};

/** A new one since its first line, a vanished one since its last. */
const TemplateRow = ({ template: { status, firstMs, rate, text, level } }: { template: Template }) => (
  <tr>
    <th scope="row">
      {dateTime(status === "vanished" && rate ? rate.lastMs : firstMs)}
      <small>{status}</small>
    </th>
    <td>
      <code className="log-text">{visible(text)}</code>
      {level && <small>{level}</small>}
    </td>
    <td className="number">{rate ? count(rate.lines) : "–"}</td>
  </tr>
);
