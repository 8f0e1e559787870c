import type { Status } from "../api/shapes.ts";
import { count } from "../format/number.ts";
import { Notice } from "../layout/notice.tsx";
import { Section } from "../layout/section.tsx";
import { backlogs, type Sum, sums } from "./sums.ts";

export const CountsSection = ({ status }: { status: Status | undefined }) => {
  const waiting = status ? backlogs(status) : [];
  return (
    <Section
      id="counts"
      title="Nothing is lost"
      aside={
        waiting.length > 0 && (
          <span className="hint">
            Waiting: {waiting.map(({ label, value }) => `${count(value)} for ${label}`).join(", ")}
          </span>
        )
      }
    >
      {!status && <Notice kind="loading">Loading counts…</Notice>}
      {status && (
        <ul className="sums">
          {sums(status).map((sum) => (
            <SumLine key={sum.title} sum={sum} />
          ))}
        </ul>
      )}
    </Section>
  );
};

const SumLine = ({ sum: { title, total, parts, missing } }: { sum: Sum }) => (
  <li className="sum">
    <h3>{title}</h3>
    <p>
      <TermText value={total.value} label={total.label} isTotal />
      {parts.map(({ label, value }, i) => (
        <span key={label} className="term-group">
          <span className="operator">{i === 0 ? "=" : "+"}</span>
          <TermText value={value} label={label} />
        </span>
      ))}
      {missing !== 0 && <strong className="missing">does not add up: {count(missing)} unexplained</strong>}
    </p>
  </li>
);

const TermText = ({ label, value, isTotal = false }: { label: string; value: number; isTotal?: boolean }) => (
  <span className={isTotal ? "term term-total" : "term"}>
    <b>{count(value)}</b> <small>{label}</small>
  </span>
);
