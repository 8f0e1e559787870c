type Props = { version: string | undefined; isAway: boolean; isKnown: boolean };

export const Header = ({ version, isAway, isKnown }: Props) => (
  <header className="page-header">
    <h1>
      <img src="/favicon.svg" alt="" width={28} height={28} />
      Tidewatch {version && <small>{version}</small>}
    </h1>
    <Connection isAway={isAway} isKnown={isKnown} />
    <nav aria-label="API">
      <a href="/docs">API</a>
      <a href="/openapi.json">OpenAPI document</a>
    </nav>
  </header>
);

const Connection = ({ isAway, isKnown }: Omit<Props, "version">) => {
  if (isAway) return <span className="tag tag-warm">API away</span>;
  return isKnown ? <span className="tag tag-good">live</span> : <span className="tag">connecting</span>;
};
