import { useCallback, useState } from "react";
import { getJson } from "../api/json.ts";
import type { DriftSummary, DriftSummaryList } from "../api/shapes.ts";
import { usePolling } from "../api/use-polling.ts";
import { dateTime } from "../format/time.ts";
import { Notice } from "../layout/notice.tsx";
import { Section } from "../layout/section.tsx";
import { mostUrgentFirst } from "./finding-words.ts";
import { Findings } from "./findings.tsx";

/** Checks are made each hour. */
const POLL_MS = 30_000;
/** With more detectors than this only those that drifted are unfolded. */
const MOST_UNFOLDED = 2;

/** Whether what comes in is still what the models learnt: the newest check of each detector. */
export const DriftSection = () => {
  const load = useCallback(
    async (signal: AbortSignal) => (await getJson<DriftSummaryList>("/v1/drift", signal)).items,
    [],
  );
  const { data, error } = usePolling(load, POLL_MS);
  return (
    <Section id="drift" title="Drift" aside={<span className="hint">Checked each hour.</span>}>
      {!data && <Notice kind={error ? "error" : "loading"}>{error?.message ?? "Loading drift checks…"}</Notice>}
      {data && error && <Notice kind="error">{error.message} These checks are the last that were read.</Notice>}
      {data?.length === 0 && (
        <Notice kind="empty">
          No check yet. The first one comes within an hour of a detector's first whole day of rows, and of its model
          where one is trained. With less than a week of rows it is provisional: shown, and nothing follows from it.
        </Notice>
      )}
      {data &&
        mostUrgentFirst(data).map((summary) => (
          <DetectorDrift
            key={summary.detector}
            summary={summary}
            isOpen={data.length <= MOST_UNFOLDED || summary.drifted}
          />
        ))}
    </Section>
  );
};

type Props = { summary: DriftSummary; isOpen: boolean };

/** The findings are asked for only while they are looked at. */
const DetectorDrift = ({ summary, isOpen: isOpenAtFirst }: Props) => {
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  const { detector, atMs, verdict } = summary;
  return (
    <details className="part" open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary className="part-head">
        <h3>{detector}</h3>
        <DriftTags of={summary} />
        <span className="hint">checked up to {dateTime(atMs)}</span>
      </summary>
      <p>{verdict}</p>
      {isOpen && <Findings detector={detector} atMs={atMs} />}
    </details>
  );
};

const DriftTags = ({ of: { drifted, sinceMs, isProvisional } }: { of: DriftSummary }) => (
  <>
    {drifted ? (
      <span className="tag tag-bad">drifted{sinceMs === null ? "" : ` since ${dateTime(sinceMs)}`}</span>
    ) : (
      <span className="tag tag-good">no drift</span>
    )}
    {isProvisional && <span className="tag tag-warm">provisional</span>}
  </>
);
