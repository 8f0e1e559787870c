import type { Status } from "../api/shapes.ts";
import { Section } from "../layout/section.tsx";
import { SessionTable } from "./session-table.tsx";
import { TemplateNews } from "./template-news.tsx";

/** Only where there are detectors of logs. */
export const LogsSection = ({ detectors }: { detectors: Status["logDetectors"] }) => (
  <Section id="logs" title="Logs" aside={<span className="hint">Select a session to see its lines.</span>}>
    {detectors.map(({ id, warmUp }) => warmUp && <p key={id} className="hint">{`${id}: ${warmUp.cause}`}</p>)}
    <SessionTable />
    {detectors.map(({ id }) => (
      <TemplateNews key={id} detector={id} />
    ))}
  </Section>
);
