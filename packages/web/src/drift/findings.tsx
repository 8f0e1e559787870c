import { useCallback } from "react";
import { getJson } from "../api/json.ts";
import { driftPath } from "../api/paths.ts";
import type { DriftCheck, DriftCheckList } from "../api/shapes.ts";
import { usePolling } from "../api/use-polling.ts";
import { count } from "../format/number.ts";
import { dateTime } from "../format/time.ts";
import { Notice } from "../layout/notice.tsx";
import { FindingTable } from "./finding-table.tsx";
import { mostDriftedFirst } from "./finding-words.ts";

/** `atMs`: of the newest check; another one is read anew. */
type Props = { detector: string; atMs: number };

/** What a detector's newest check found, per feature and statistic: what drifted, and folded what did not. */
export const Findings = ({ detector, atMs }: Props) => {
  const load = useCallback(
    async (signal: AbortSignal) => {
      const { items } = await getJson<DriftCheckList>(driftPath(detector), signal);
      // A check that was made since the list was read is as good.
      return items.find((check) => check.atMs >= atMs) ?? null;
    },
    [detector, atMs],
  );
  const { data, error } = usePolling(load, null);
  if (!data) {
    const isGone = data === null && !error;
    return (
      <Notice kind={error ? "error" : isGone ? "empty" : "loading"}>
        {error?.message ?? (isGone ? "This check is no longer kept." : "Loading findings…")}
      </Notice>
    );
  }
  const findings = mostDriftedFirst(data.findings);
  const over = findings.filter(({ isOver, drifted }) => isOver || drifted);
  const calm = findings.filter((finding) => !over.includes(finding));
  return (
    <>
      {over.length > 0 && <FindingTable findings={over} caption="What has changed" />}
      {calm.length > 0 && (
        <details>
          <summary>
            {count(calm.length)} {over.length > 0 ? "more" : "statistics"}, within their limits
          </summary>
          <FindingTable findings={calm} caption="What is as usual" />
        </details>
      )}
      <p className="hint">{referenceText(data)}</p>
    </>
  );
};

const referenceText = ({ modelVersion, referenceFromMs, referenceToMs }: DriftCheck): string => {
  const of = modelVersion === 0 ? "what the detector learnt" : `what version ${modelVersion} learnt from`;
  return `Held against ${of}: ${dateTime(referenceFromMs)} to ${dateTime(referenceToMs)}.`;
};
