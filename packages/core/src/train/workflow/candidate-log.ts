/** A candidate as a run of the tracking store. */
export type CandidateRun = {
  /** 32 hex digits; the same candidate of the same retraining always has the same. */
  id: string;
  experiment: string;
  name: string;
  startedAtMs: number;
  params: Record<string, string>;
  tags: Record<string, string>;
};

/** Where candidates are logged. All of it may be done again, and is then the same. */
export type CandidateLog = {
  start(run: CandidateRun): Promise<void>;
  metrics(runId: string, values: Readonly<Record<string, number>>, atMs: number): Promise<void>;
  end(runId: string, outcome: "finished" | "failed", atMs: number): Promise<void>;
  putFile(runId: string, path: string, bytes: Uint8Array): Promise<void>;
  getFile(runId: string, path: string): Promise<Uint8Array | undefined>;
};
