import { createRoute, z } from "@hono/zod-openapi";
import { featureNames } from "@tidewatch/core/detector";
import { RowState } from "@tidewatch/core/feature/rows";
import { getMetricDetector } from "@tidewatch/core/store/detectors";
import type { Point } from "@tidewatch/core/store/points";
import { readHead, readPoints } from "@tidewatch/core/store/read-series";
import { countThatFit } from "../http/answer-size.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import type { Api } from "../http/env.ts";
import { httpError, problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { cursorQuery, limitQuery, timeQuery } from "../schemas/paging.ts";
import { Points } from "../schemas/results.ts";
import { noDetector } from "./detectors-read.ts";

/** Points of one answer: almost three hours of a row a second. */
const MAX_POINTS = 10_000;

const route = createRoute({
  method: "get",
  path: "/v1/points",
  operationId: "listPoints",
  ...needs("read"),
  tags: ["Results"],
  summary: "Read the points of a series",
  description:
    "The newest `limit` points of the time range, in ascending order, with scores and expected bands; `cursor` leads to those " +
    "before them. An answer may hold fewer than `limit`, because it has some 5 MB at most: the end is where `cursor` is `null`. " +
    "Rows from before the detector got another number of features are left out.",
  request: {
    query: z.object({
      detector: z.string().openapi({ description: "The detector's id.", example: "web" }),
      // In the query, where every character stays what it was: API Gateway decodes paths.
      entity: z.string().openapi({ description: "It may hold any characters, percent-encoded.", example: "web-01" }),
      from: timeQuery("Inclusive start, epoch milliseconds."),
      to: timeQuery("Exclusive end, epoch milliseconds."),
      limit: limitQuery(1000, MAX_POINTS),
      cursor: cursorQuery,
    }),
  },
  responses: {
    200: { description: "The points.", content: { "application/json": { schema: Points } } },
    ...problemResponses("NOT_FOUND", "CONFLICT", "VALIDATION"),
  },
});

const STATES = {
  [RowState.scored]: "scored",
  [RowState.warmingUp]: "warming-up",
  [RowState.skipped]: "skipped",
  [RowState.imputed]: "imputed",
} as const;

export const pointRoutes = (app: Api, { table }: Pick<ApiPorts, "table">): void => {
  app.openapi(route, async (c) => {
    const { detector: id, entity, from: fromMs, to: toMs, limit, cursor } = c.req.valid("query");
    const list = `points:${JSON.stringify([id, entity, fromMs, toMs])}`;
    const beforeRow = cursor === undefined ? undefined : decodeCursor(list, cursor, isBeforeRow).beforeRow;
    const stored = await getMetricDetector(table, id);
    if (!stored) throw noDetector(id);
    const found = await readPoints(table, id, entity, { fromMs, toMs, limit: limit + 1, beforeRow });
    if (found.length === 0 && !(await readHead(table, id, entity))) {
      throw httpError("NOT_FOUND", `Detector "${id}" has seen nothing of "${entity}" yet.`);
    }
    const features = featureNames(stored.detector);
    const { points, resumeBefore } = newestThatFit(found, limit, features.length);
    const next = resumeBefore === undefined ? null : encodeCursor(list, { beforeRow: resumeBefore });
    return c.json({ detector: id, entity, features, points, cursor: next }, 200);
  });
};

const isBeforeRow = (position: Record<string, unknown>): position is { beforeRow: number } =>
  typeof position.beforeRow === "number";

/** The newest by their running numbers, described, in the order of their times; `resumeBefore` is the oldest one's number. */
const newestThatFit = (found: readonly Point[], limit: number, features: number) => {
  const newest = found.toSorted((a, b) => b.row - a.row).slice(0, limit);
  const described = newest
    .filter(({ values }) => values.length === features)
    .map((point) => ({ row: point.row, point: describe(point) }));
  const count = countThatFit(described.map(({ point }) => point));
  const page = described.slice(0, count);
  const points = page
    .toSorted((a, b) => a.point.timestamp - b.point.timestamp || a.row - b.row)
    .map(({ point }) => point);
  if (count < described.length) return { points, resumeBefore: page.at(-1)!.row };
  return { points, resumeBefore: found.length > limit ? newest.at(-1)!.row : undefined };
};

/** NaN stands for what is missing or unknown; JSON has `null` for it. */
const known = (value: number): number | null => (Number.isNaN(value) ? null : value);

const describe = ({ timestampMs, values, score, threshold, grade, expected, band, state, isSuppressed }: Point) => ({
  timestamp: timestampMs,
  values: values.map(known),
  score: known(score),
  ...{ threshold, grade },
  expected: expected.map(known),
  lower: expected.map((level, feature) => known(level - band[feature]!)),
  upper: expected.map((level, feature) => known(level + band[feature]!)),
  state: STATES[state],
  suppressed: isSuppressed,
});
