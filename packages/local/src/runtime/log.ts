/** Takes one structured line. What is done with it is the caller's choice. */
export type Log = (entry: { level: "info" | "warn" | "error"; message: string } & Record<string, unknown>) => void;
