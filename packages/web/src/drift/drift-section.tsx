import { useCallback } from "react";
import { getJson } from "../api/json.ts";
import type { DriftCheck } from "../api/shapes.ts";
import { usePolling } from "../api/use-polling.ts";
import { dateTime } from "../format/time.ts";
import { Notice } from "../layout/notice.tsx";
import { Section } from "../layout/section.tsx";
import { FindingTable } from "./finding-table.tsx";
import { mostDriftedFirst } from "./finding-words.ts";

/** Checks are made each hour. */
const POLL_MS = 30_000;

/** Whether what comes in is still what the models learnt: of each detector the newest check. */
export const DriftSection = () => {
  const load = useCallback(
    async (signal: AbortSignal) => (await getJson<{ items: DriftCheck[] }>("/v1/drift", signal)).items,
    [],
  );
  const { data, error } = usePolling(load, POLL_MS);
  return (
    <Section id="drift" title="Drift" aside={<span className="hint">Checked each hour.</span>}>
      {!data && <Notice kind={error ? "error" : "loading"}>{error?.message ?? "Loading drift checks…"}</Notice>}
      {data && error && <Notice kind="error">{error.message} These checks are the last that were read.</Notice>}
      {data?.length === 0 && (
        <Notice kind="empty">
          No check yet. The first one comes within an hour after a detector has a model and a day of rows; with less than
          a week of rows it is provisional: shown, and nothing follows from it.
        </Notice>
      )}
      {data?.map((check) => (
        <DetectorDrift key={check.detector} check={check} />
      ))}
    </Section>
  );
};

const DetectorDrift = ({ check }: { check: DriftCheck }) => {
  const findings = mostDriftedFirst(check.findings);
  const over = findings.filter(({ isOver, drifted }) => isOver || drifted);
  const calm = findings.filter((finding) => !over.includes(finding));
  return (
    <article className="part" aria-labelledby={`drift-${check.detector}`}>
      <div className="part-head">
        <h3 id={`drift-${check.detector}`}>{check.detector}</h3>
        <DriftTags check={check} />
        <span className="hint">{checkedText(check)}</span>
      </div>
      <p>{check.verdict}</p>
      {over.length > 0 && <FindingTable findings={over} caption={`What has changed in ${check.detector}`} />}
      {calm.length > 0 && (
        <details>
          <summary>
            {calm.length} {over.length > 0 ? "more within their limits" : "statistics within their limits"}
          </summary>
          <FindingTable findings={calm} caption={`What is as usual in ${check.detector}`} />
        </details>
      )}
    </article>
  );
};

const DriftTags = ({ check: { drifted, sinceMs, isProvisional } }: { check: DriftCheck }) => (
  <>
    {drifted ? (
      <span className="tag tag-bad">drifted{sinceMs === null ? "" : ` since ${dateTime(sinceMs)}`}</span>
    ) : (
      <span className="tag tag-good">no drift</span>
    )}
    {isProvisional && <span className="tag tag-warm">provisional</span>}
  </>
);

const checkedText = ({ atMs, modelVersion, referenceFromMs, referenceToMs }: DriftCheck): string => {
  const against = modelVersion === 0 ? "what it learnt" : `the reference of version ${modelVersion}`;
  return `Checked ${dateTime(atMs)} against ${against}, ${dateTime(referenceFromMs)} to ${dateTime(referenceToMs)}`;
};
