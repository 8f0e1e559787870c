import { forgetKey } from "../access/api-key.ts";

type ConnectionState = "connecting" | "live" | "away" | "locked";
type Props = { version: string | undefined; state: ConnectionState; hasKey: boolean };

export const Header = ({ version, state, hasKey }: Props) => (
  <header className="page-header">
    <h1>
      <img src="/favicon.svg" alt="" width={28} height={28} />
      Tidewatch {version && <small>{version}</small>}
    </h1>
    <Connection state={state} />
    <nav aria-label="API">
      {hasKey && (
        <button type="button" className="link" onClick={forgetKey}>
          Forget key
        </button>
      )}
      <a href="/docs">API</a>
      <a href="/openapi.json">OpenAPI document</a>
    </nav>
  </header>
);

const TAGS = {
  connecting: { className: "tag", text: "connecting" },
  live: { className: "tag tag-good", text: "live" },
  away: { className: "tag tag-warm", text: "API away" },
  locked: { className: "tag tag-warm", text: "key needed" },
} as const;

const Connection = ({ state }: { state: ConnectionState }) => (
  <span className={TAGS[state].className}>{TAGS[state].text}</span>
);
