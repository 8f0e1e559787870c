import { createRoute, z } from "@hono/zod-openapi";
import { isLogDetector } from "@tidewatch/core/any-detector";
import { getDetector, getMetricDetector } from "@tidewatch/core/store/detectors";
import { seriesListKey, sessionHeadKey } from "@tidewatch/core/store/keys";
import { ALWAYS, labelOf, listLabels, MAX_LABELS_AT_ONCE, putLabels, removeLabel } from "@tidewatch/core/store/labels";
import { jsonBody } from "../http/body.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Api } from "../http/env.ts";
import { IDEMPOTENCY_HEADERS } from "../http/idempotency.ts";
import { httpError, problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { LabelPage, labelDocument, NewLabels, StoredLabels } from "../schemas/labels.ts";
import { cursorQuery, limitQuery, timeQuery } from "../schemas/paging.ts";
import { noDetector } from "./detectors-read.ts";

const tags = ["Labels"];
const detectorQuery = z.string().openapi({ description: "The detector's id.", example: "web" });
const entityQuery = z
  .string()
  .openapi({ description: "It may hold any characters, percent-encoded.", example: "web-01" });

const sessionQuery = z
  .string()
  .openapi({ description: "The key of a log detector's session, in the place of `entity`.", example: "blk_-1608" });

const listAll = createRoute({
  method: "get",
  path: "/v1/labels",
  operationId: "listLabels",
  ...needs("read"),
  tags,
  summary: "List labels",
  description: "Of one series in time order; without `entity` of all series of the detector, one after the other.",
  request: {
    query: z.object({
      detector: detectorQuery,
      entity: entityQuery.optional(),
      limit: limitQuery(100),
      cursor: cursorQuery,
    }),
  },
  responses: {
    200: { description: "A page of labels.", content: { "application/json": { schema: LabelPage } } },
    ...problemResponses("NOT_FOUND", "CONFLICT", "VALIDATION"),
  },
});

const createThem = createRoute({
  method: "post",
  path: "/v1/labels",
  operationId: "createLabels",
  ...needs("operate"),
  tags,
  summary: "Label what was anomalous and what was normal",
  description:
    `Up to ${MAX_LABELS_AT_ONCE} labels, each of a time span of one series, or of a session of a log detector by its key; when one is wrong, none is stored. One with the ` +
    "same series and span takes another's place, so that a request whose answer was lost can be sent again. Where labels overlap, the one that was " +
    "made last holds; of one request's, the shorter one. Rows outside of all labels stay unknown: families that learn from " +
    "labels (`random-forest`) leave them out. A label changes no model: train anew.",
  request: {
    headers: IDEMPOTENCY_HEADERS,
    body: { required: true, content: { "application/json": { schema: NewLabels } } },
  },
  middleware: jsonBody,
  responses: {
    200: { description: "Stored.", content: { "application/json": { schema: StoredLabels } } },
    ...problemResponses(
      ...(["MALFORMED", "FORBIDDEN", "NOT_FOUND", "CONFLICT", "TOO_LARGE"] as const),
      ...(["UNSUPPORTED_MEDIA_TYPE", "VALIDATION", "IDEMPOTENCY_KEY_REUSED", "UNAVAILABLE"] as const),
    ),
  },
});

const removeOne = createRoute({
  method: "delete",
  path: "/v1/labels",
  operationId: "deleteLabel",
  ...needs("operate"),
  tags,
  summary: "Remove a label",
  description:
    "The one with exactly this span. What it covered has the label below it again, if there is one. Of a session that was " +
    "labelled by its key alone: `session`, and no times.",
  request: {
    query: z
      .object({
        detector: detectorQuery,
        entity: entityQuery.optional(),
        session: sessionQuery.optional(),
        from: timeQuery("Its inclusive start, epoch milliseconds."),
        to: timeQuery("Its exclusive end, epoch milliseconds."),
      })
      .superRefine(({ entity, session, from, to }, context) => {
        const problem = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
        if ((entity === undefined) === (session === undefined)) problem("entity", "say either entity or session");
        for (const [path, ms] of Object.entries({ from, to })) {
          if (entity !== undefined && ms === undefined) problem(path, "is missing: a label of rows has a span");
        }
      }),
    headers: IDEMPOTENCY_HEADERS,
  },
  responses: {
    204: { description: "Removed." },
    ...problemResponses("FORBIDDEN", "NOT_FOUND", "CONFLICT", "VALIDATION", "IDEMPOTENCY_KEY_REUSED"),
  },
});

export const labelRoutes = (app: Api, { table, clock }: Pick<ApiPorts, "table" | "clock">): void => {
  app.openapi(listAll, async (c) => {
    const { detector, entity, limit, cursor } = c.req.valid("query");
    const list = `labels:${JSON.stringify([detector, entity])}`;
    const after = cursor === undefined ? undefined : decodeCursor(list, cursor, isAfter).after;
    if (!(await kindOf(detector))) throw noDetector(detector);
    const found = await listLabels(table, detector, { entity, after, limit: limit + 1 });
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    const items = page.map(({ label }) => labelDocument(label));
    return c.json({ items, cursor: last ? encodeCursor(list, { after: last.sk }) : null }, 200);
  });
  app.openapi(createThem, async (c) => {
    const given = c.req.valid("json").labels.map(labelOf);
    await checkDetectors(given);
    const labels = given.map(({ label }) => label);
    await putLabels({ table, clock }, labels);
    return c.json({ stored: labels.length, unseen: await unseenOf(given) }, 200);
  });
  app.openapi(removeOne, async (c) => {
    const { detector, entity, session, from, to } = c.req.valid("query");
    const name = session ?? entity ?? "";
    const { fromMs, toMs } = ALWAYS;
    await removeLabel(table, { detector, entity: name, fromMs: from ?? fromMs, toMs: to ?? toMs });
    return c.body(null, 204);
  });

  /** What a detector of this id watches. */
  const kindOf = async (id: string): Promise<"logs" | "metrics" | undefined> => {
    const stored = await getDetector(table, id);
    if (stored) return isLogDetector(stored.detector) ? "logs" : "metrics";
    return (await getMetricDetector(table, id)) && "metrics";
  };

  /** A label of a detector that does not exist would never be heard of again, nor one that names what it does not watch. */
  const checkDetectors = async (given: readonly GivenLabel[]): Promise<void> => {
    const errors: { path: string; message: string }[] = [];
    const ids = given.map(({ label }) => label.detector);
    for (const id of new Set(ids)) {
      const kind = await kindOf(id);
      if (kind === undefined) {
        errors.push({ path: `labels.${ids.indexOf(id)}.detector`, message: `there is no detector "${id}"` });
        continue;
      }
      if (!given.some(({ label, isSession }) => label.detector === id && isSession !== (kind === "logs"))) continue;
      const how = kind === "logs" ? 'its sessions, by "session"' : 'rows, by "entity", "fromMs" and "toMs"';
      throw httpError("CONFLICT", `Detector "${id}" watches ${kind}: label ${how}.`);
    }
    if (errors.length > 0) throw httpError("NOT_FOUND", "Labels name detectors that do not exist.", { errors });
  };

  const unseenOf = async (given: readonly GivenLabel[]) => {
    const named = new Map(given.map((one) => [`${one.label.detector} ${one.label.entity}`, one]));
    const all = [...named.values()];
    const items = await table.getMany(
      all.map(({ label: { detector, entity }, isSession }) =>
        isSession ? sessionHeadKey(detector, entity) : seriesListKey(detector, entity),
      ),
    );
    const unseen = all.filter((_, index) => items[index] === undefined);
    return unseen.map(({ label: { detector, entity } }) => ({ detector, entity }));
  };
};

type GivenLabel = ReturnType<typeof labelOf>;

const isAfter = (position: Record<string, unknown>): position is { after: string } =>
  typeof position.after === "string";
