import { type FormEvent, useId, useState } from "react";
import { getJson } from "../api/json.ts";
import { rememberKey } from "./api-key.ts";

/** What the page reads first; whoever may read this may see the page. */
const PROBE = "/v1/status";
/** What may stand in a header; anything else is a slip of the clipboard. */
const HEADER_VALUE = /^[\x21-\x7e]+$/;

type Props = { refusal: string | undefined };

/** Asks for an API key, tries it, and keeps it once the server takes it. `refusal`: why the last one did not do. */
export const KeyPrompt = ({ refusal }: Props) => {
  const [text, setText] = useState("");
  const [isTrying, setTrying] = useState(false);
  const [error, setError] = useState(refusal);
  const [input, help, problem] = [useId(), useId(), useId()];

  const tryKey = async (event: FormEvent) => {
    event.preventDefault();
    const key = text.trim();
    if (!HEADER_VALUE.test(key)) return setError("That is no API key: one looks like tw_<id>_<secret>.");
    setTrying(true);
    const failure = await getJson(PROBE, new AbortController().signal, key).then(
      () => undefined,
      (reason: Error) => reason,
    );
    if (!failure) return rememberKey(key);
    setError(failure.message);
    setTrying(false);
  };

  return (
    <section className="key-prompt" aria-labelledby={`${input}-title`}>
      <KeySign />
      <h2 id={`${input}-title`}>This server asks for an API key</h2>
      <p className="hint" id={help}>
        One with the scope <code>read</code> is enough. It stays in this tab until you close it or forget the key.
      </p>
      <form onSubmit={tryKey}>
        <label htmlFor={input}>API key</label>
        <div className="key-field">
          <input
            id={input}
            type="password"
            value={text}
            onChange={(change) => setText(change.target.value)}
            placeholder="tw_…"
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            required
            aria-invalid={error !== undefined}
            aria-describedby={error ? `${problem} ${help}` : help}
          />
          <button type="submit" className="primary" disabled={isTrying}>
            {isTrying ? "Trying…" : "Open"}
          </button>
        </div>
      </form>
      {error && (
        <p className="notice notice-error" role="alert" id={problem}>
          {error}
        </p>
      )}
      <details>
        <summary>Where do I get one?</summary>
        <p className="hint">
          From whoever runs this server. It takes one command next to its data; on AWS it ends with{" "}
          <code>--table NAME</code>.
        </p>
        <pre>
          <code>npx tidewatch keys create --name page --scope read --directory .tidewatch</code>
        </pre>
      </details>
    </section>
  );
};

const KeySign = () => (
  <svg className="key-sign" viewBox="0 0 24 24" width={40} height={40} aria-hidden="true">
    <circle cx="8" cy="15" r="4.25" />
    <path d="M11 12 19.5 3.5 M16 7l3 3 M13.5 9.5l2 2" />
  </svg>
);
