import type { LogDetectorStatus } from "../api/shapes.ts";
import { Section } from "../layout/section.tsx";
import { ModelState } from "./model-state.tsx";
import { SessionTable } from "./session-table.tsx";
import { TemplateNews } from "./template-news.tsx";

type Props = { detectors: readonly LogDetectorStatus[]; mayLabel: boolean };

/** Only where there are detectors of logs. */
export const LogsSection = ({ detectors, mayLabel }: Props) => {
  const isJudged = detectors.some(({ model }) => model !== null);
  return (
    <Section
      id="logs"
      title="Logs"
      aside={isJudged && <span className="hint">Select a session to see its lines.</span>}
    >
      {detectors.map((detector) => (
        <ModelState key={detector.id} detector={detector} />
      ))}
      <SessionTable isJudged={isJudged} mayLabel={mayLabel} />
      {detectors.map(({ id }) => (
        <TemplateNews key={id} detector={id} />
      ))}
    </Section>
  );
};
