import { type CompactPorts, type CompactReport, compactArchive } from "./dataset/compact.ts";

export type CompactHandlerPorts = CompactPorts & {
  /** No file is begun when a call has taken so long. */
  spanMs: number;
  onReport: (report: CompactReport) => void;
};

/** Called by a schedule, whatever the event says: what is left when the time is up is the next call's. */
export const compactHandler =
  ({ spanMs, onReport, ...ports }: CompactHandlerPorts) =>
  async (): Promise<void> => {
    const nowMs = ports.clock();
    onReport(await compactArchive(ports, nowMs, nowMs + spanMs));
  };
