import type { Report } from "../api/shapes.ts";

/** Newest first, each report once; the later list wins where both have one: it knows whether it was sent. */
export const mergeReports = (known: readonly Report[], fetched: readonly Report[]): Report[] => {
  const byId = new Map([...known, ...fetched].map((report) => [report.id, report]));
  return [...byId.values()].sort((a, b) => b.atMs - a.atMs || a.id.localeCompare(b.id));
};

const CHANNELS = { mail: "mail", webhook: "webhook" } as const;
const STATES = { pending: "to be sent by", sent: "sent by", failed: "could not be sent by" } as const;

/** How a report went out, by each channel that its detector names; empty where it names none. */
export const deliveryTexts = (report: Pick<Report, "mail" | "webhook">): string[] =>
  (["mail", "webhook"] as const).flatMap((channel) => {
    const { state, error } = report[channel];
    if (state === "none") return [];
    return `${STATES[state]} ${CHANNELS[channel]}${state === "failed" && error ? `: ${error}` : ""}`;
  });
