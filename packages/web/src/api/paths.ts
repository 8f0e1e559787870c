type Query = Record<string, string | number | null | undefined>;

/** A path with the query parameters that have a value. */
export const withQuery = (path: string, query: Query): string => {
  const known = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const text = new URLSearchParams(known.map(([name, value]) => [name, String(value)])).toString();
  return text ? `${path}?${text}` : path;
};

/** Entities may hold any character: the query keeps each of them. */
export const pointsPath = (detector: string, entity: string, query: Query): string =>
  withQuery("/v1/points", { detector, entity, ...query });

const joined = (...parts: string[]): string => `/${parts.map(encodeURIComponent).join("/")}`;

export const modelPath = (name: string, of?: "history" | "promote"): string =>
  joined("v1", "models", name, ...(of ? [of] : []));
export const workflowPath = (detector: string, run: string, verb: "approve" | "reject" | "cancel"): string =>
  joined("v1", "workflows", detector, run, verb);
export const driftPath = (detector: string): string => joined("v1", "drift", detector);
/** As a page for people. */
export const reportPath = (id: string): string => joined("v1", "reports", `${id}.html`);
