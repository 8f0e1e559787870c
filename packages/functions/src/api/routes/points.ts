import { createRoute, z } from "@hono/zod-openapi";
import { featureNames } from "@tidewatch/core/detector";
import { RowState } from "@tidewatch/core/feature/rows";
import { getDetector } from "@tidewatch/core/store/detectors";
import type { Point } from "@tidewatch/core/store/points";
import { readHead, readPoints } from "@tidewatch/core/store/read-series";
import type { Api } from "../http/env.ts";
import { httpError, problemResponses } from "../http/problem.ts";
import { needs } from "../http/route-access.ts";
import type { ApiPorts } from "../ports.ts";
import { limitQuery, timeQuery } from "../schemas/paging.ts";
import { Points } from "../schemas/results.ts";
import { noDetector } from "./detectors-read.ts";

/** Points of one answer: some 5 MB of JSON with ten features. */
const MAX_POINTS = 10_000;

const route = createRoute({
  method: "get",
  path: "/v1/series/{detector}/{entity}/points",
  operationId: "listPoints",
  ...needs("read"),
  tags: ["Results"],
  summary: "Read the points of a series",
  description:
    "The newest `limit` points of the time range, in ascending order, with scores and expected bands. Rows from before " +
    "the detector got another number of features are left out.",
  request: {
    params: z.object({
      detector: z.string().openapi({ param: { name: "detector", in: "path" }, example: "web" }),
      entity: z.string().openapi({
        param: { name: "entity", in: "path" },
        description: "Percent-encoded: it may hold any characters.",
        example: "web-01",
      }),
    }),
    query: z.object({
      from: timeQuery("Inclusive start, epoch milliseconds."),
      to: timeQuery("Exclusive end, epoch milliseconds."),
      limit: limitQuery(1000, MAX_POINTS),
    }),
  },
  responses: {
    200: { description: "The points.", content: { "application/json": { schema: Points } } },
    ...problemResponses("NOT_FOUND", "VALIDATION"),
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
    const { detector: id, entity } = c.req.valid("param");
    const { from: fromMs, to: toMs, limit } = c.req.valid("query");
    const stored = await getDetector(table, id);
    if (!stored) throw noDetector(id);
    const points = await readPoints(table, id, entity, { fromMs, toMs, limit });
    if (points.length === 0 && !(await readHead(table, id, entity))) {
      throw httpError("NOT_FOUND", `Detector "${id}" has seen nothing of "${entity}" yet.`);
    }
    const features = featureNames(stored.detector);
    const fitting = points.filter(({ values }) => values.length === features.length);
    return c.json({ detector: id, entity, features, points: fitting.map(describe) }, 200);
  });
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
