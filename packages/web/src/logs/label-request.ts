import type { Session } from "../api/shapes.ts";

export type LabelKind = NonNullable<Session["label"]>["label"];

type Labelled = Pick<Session, "detector" | "key" | "startMs" | "earlier">;

/** The body of `POST /v1/labels`: of the key alone, or, where it has several sessions, of the one that began then. */
export const labelRequest = ({ detector, key, startMs, earlier }: Labelled, label: LabelKind) => {
  const span = earlier.length > 0 ? { fromMs: startMs, toMs: startMs + 1 } : {};
  return { labels: [{ detector, session: key, ...span, label }] };
};
