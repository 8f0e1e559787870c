import { type MouseEvent, useState } from "react";
import { useApiKey } from "../access/api-key.ts";
import { getText } from "../api/json.ts";
import { reportPath } from "../api/paths.ts";
import type { Report } from "../api/shapes.ts";

/**
 * To the report as a page. A link sends no key: where one is needed the report is fetched with it and saved as a file, as this
 * page's policy would leave it without its styles.
 */
export const ReportLink = ({ report: { id, title } }: { report: Report }) => {
  const needsKey = useApiKey() !== undefined;
  const [error, setError] = useState<Error>();
  const path = reportPath(id);
  const save = async (event: MouseEvent) => {
    if (!needsKey) return;
    event.preventDefault();
    try {
      saveAs(await getText(path, new AbortController().signal), `${id}.html`);
      setError(undefined);
    } catch (failure) {
      setError(failure as Error);
    }
  };
  return (
    <>
      <a href={path} target="_blank" rel="noopener" onClick={save}>
        {title}
        {needsKey && " (save as a file)"}
      </a>
      {error && <small role="alert">{error.message}</small>}
    </>
  );
};

/** Long enough for any browser to have begun. */
const RELEASE_MS = 60_000;

const saveAs = (html: string, name: string): void => {
  const url = URL.createObjectURL(new Blob([html], { type: "text/html" }));
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), RELEASE_MS);
};
