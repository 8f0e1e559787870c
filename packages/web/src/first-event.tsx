import { useMemo, useState } from "react";
import { Section } from "./layout/section.tsx";

const command = (origin: string, nowIso: string, hasKey: boolean) => {
  const event = { type: "metric", entity: "my-service", timestamp: nowIso, values: { cpuPercent: 12.5 } };
  const key = hasKey ? ` -H "authorization: Bearer $TIDEWATCH_API_KEY"` : "";
  return `curl ${origin}/v1/events${key} -H 'content-type: application/json' -d '${JSON.stringify([event])}'`;
};

export const FirstEvent = ({ hasKey }: { hasKey: boolean }) => {
  const text = useMemo(() => command(location.origin, new Date().toISOString(), hasKey), [hasKey]);
  const [isCopied, setCopied] = useState(false);
  const copy = () => navigator.clipboard.writeText(text).then(() => setCopied(true));
  return (
    <Section id="first-event" title="Put an event of your own">
      <div className="command">
        <pre>
          <code>{text}</code>
        </pre>
        <button type="button" onClick={copy}>
          {isCopied ? "Copied" : "Copy"}
        </button>
      </div>
      <p className="hint">
        Up to 10 MB as a JSON array or as NDJSON, gzipped if you like. A detector that matches the entity scores it; the{" "}
        <a href="/docs">API page</a> shows how to make one.
      </p>
    </Section>
  );
};
