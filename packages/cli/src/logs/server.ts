import { AppError } from "@tidewatch/core/errors";
import type { AnomalousSession, SessionDocument, TemplateDocument } from "@tidewatch/functions/api/schemas/logs";
import { httpClient, refusalOf, type Server } from "../http/client.ts";
import { printable } from "../output/printable.ts";
import { fitted, table } from "../output/table.ts";
import { sessionTable, sessionText } from "./session-text.ts";

type ServerOptions = Server & { detector?: string; json?: true };
export type ServerSessionsOptions = ServerOptions & { limit: number };
export type ServerTemplatesOptions = ServerOptions & { status?: TemplateDocument["status"] };

/** `tidewatch logs sessions`: what a server found anomalous. */
export const listSessions = async ({ detector, limit, json, ...server }: ServerSessionsOptions): Promise<void> => {
  const sessions = await itemsOf<AnomalousSession>(server, "/v1/sessions", { detector }, limit);
  if (json) return console.log(JSON.stringify(sessions, null, 2));
  const waiting = await waitingFor(server, detector);
  if (waiting.length > 0) console.error(printable(waiting.join("\n")));
  if (sessions.length > 0) return console.log(printable(sessionTable(sessions)));
  console.log("No session was found anomalous so far.");
};

/** No news is good news only where there is a model. */
const waitingFor = async (server: Server, detector: string | undefined): Promise<string[]> => {
  const { logDetectors } = (await httpClient(server).request("GET", "/v1/status")) as {
    logDetectors: { id: string; warmUp: { cause: string } | null }[];
  };
  const wanted = logDetectors.filter(({ id }) => detector === undefined || id === detector);
  return wanted.flatMap(({ id, warmUp }) =>
    warmUp ? [`${id}: ${warmUp.cause}; until then no session is judged.`] : [],
  );
};

/** `tidewatch logs sessions KEY`: why. */
export const explainSession = async (key: string, { detector, json, ...server }: ServerOptions): Promise<void> => {
  const path = withQuery("/v1/session", { key, detector });
  const session = (await httpClient(server).request("GET", path).catch(askForDetector)) as SessionDocument;
  console.log(json ? JSON.stringify(session, null, 2) : printable(sessionText(session)));
};

/** `tidewatch logs templates` without a file. */
export const listTemplates = async ({ detector, status, json, ...server }: ServerTemplatesOptions): Promise<void> => {
  const found = await itemsOf<TemplateDocument>(server, "/v1/templates", { detector, status });
  if (json) return console.log(JSON.stringify(found, null, 2));
  if (found.length === 0) return console.log(`There are no ${status ? `${status} ` : ""}templates so far.`);
  const rows = found.map(({ id, status: is, firstMs, level, text }) => [id, is, timeText(firstMs), level, text]);
  console.log(fitted(printable(table(["id", "status", "first line", "level", "template"], rows))));
};

const timeText = (ms: number): string => new Date(ms).toISOString();

/** Most items of one answer. */
const PAGE = 1000;

const itemsOf = async <T>(
  server: Server,
  path: string,
  filter: Record<string, string | undefined>,
  limit = Number.POSITIVE_INFINITY,
): Promise<T[]> => {
  const client = httpClient(server);
  const items: T[] = [];
  for (let cursor: string | null | undefined; cursor !== null && items.length < limit; ) {
    const query = { ...filter, limit: String(Math.min(PAGE, limit - items.length)), cursor };
    const answer = client.request("GET", withQuery(path, query)).catch(askForDetector);
    const page = (await answer) as { items: T[]; cursor: string | null };
    items.push(...page.items);
    cursor = page.cursor;
  }
  return items;
};

/** The server names its own query; whoever types a command has an option. */
const askForDetector = (error: unknown): never => {
  const { errors = [] } = (refusalOf(error).problem ?? {}) as Problem;
  const names = errors.find(({ path }) => path === "query.detector")?.message?.match(/^must name one of (.+)$/)?.[1];
  if (names === undefined) throw error;
  throw new AppError("VALIDATION", `There are several detectors of logs; name one with --detector: ${names}`);
};

type Problem = { errors?: { path?: string; message?: string }[] };

const withQuery = (path: string, query: Record<string, string | undefined>): string => {
  const known = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `${path}?${new URLSearchParams(known)}`;
};
