import { Hono } from "hono";
import {
  anomalousSession,
  anomaly,
  explainedSession,
  FEATURES,
  logDetector,
  logTemplate,
  ODD_ENTITY,
  points,
  rateAnomaly,
  ratedTemplate,
  rateSeries,
  status,
} from "./stub-data.ts";
import { type StubLearning, stubLearning, stubLearningRoutes } from "./stub-learning.ts";

const MINUTE_MS = 60_000;
const KINDS = ["cpu-hog", "memory-leak", "io-storm", "process-storm", "network-burst", "stall"];
const ANOMALY_COUNT = 45;
const SESSION_COUNT = 20;
/** Templates with a series; the first one has an anomaly. */
const RATE_COUNT = 8;
const MAX_ROWS = 10_000;

/** What a test may change while the page is open. */
export type StubState = {
  isAway: boolean;
  isEmpty: boolean;
  hasRecording: boolean;
  isWarmingUp: boolean;
  hasLogs: boolean;
  /** Whether the logs have no model yet. */
  isUntrained: boolean;
  scopes: string[];
  /** Why a label is refused, if it is. */
  labelRefusal: string | undefined;
  /** What was sent to `/v1/labels`. */
  labels: object[];
  statusChanges: object;
  learning: StubLearning;
  requests: string[];
};

export const stubState = (changes: Partial<StubState> = {}): StubState => ({
  isAway: false,
  isEmpty: false,
  hasRecording: true,
  isWarmingUp: false,
  hasLogs: false,
  isUntrained: false,
  scopes: ["read", "operate"],
  labelRefusal: undefined,
  labels: [],
  statusChanges: {},
  learning: stubLearning(),
  requests: [],
  ...changes,
});

const WARM_UP = { cause: "the model is not trained yet", rowsNeeded: 412 };
/** A recording of an hour and a quarter that ended two hours before the stub started. */
const RECORDING_END_MS = Math.floor(Date.now() / MINUTE_MS - 120) * MINUTE_MS;
const RECORDING_MINUTES = 75;
const RECORDING_START_MS = RECORDING_END_MS - RECORDING_MINUTES * MINUTE_MS;
const FAULTS = Array.from({ length: 12 }, (_, i) => {
  const startMs = RECORDING_START_MS + (14 + i * 5) * MINUTE_MS;
  return { kind: KINDS[i % KINDS.length]!, startMs, endMs: startMs + MINUTE_MS };
});
const BUSY = Array.from({ length: 8 }, (_, i) => {
  const startMs = RECORDING_START_MS + (2 + i * 9) * MINUTE_MS;
  return { kind: "build", startMs, endMs: startMs + MINUTE_MS / 2 };
});
const MISSED = FAULTS[4]!;

const isRecordedFault = (at: number) =>
  FAULTS.some((fault) => fault !== MISSED && at >= fault.startMs + 4000 && at <= fault.endMs);
const isLiveFault = (at: number) => at % (4 * MINUTE_MS) < 24_000;

export const stubApi = (state: StubState): Hono => {
  const app = new Hono();
  app.use("/v1/*", async (context, next) => {
    const { pathname, searchParams } = new URL(context.req.url);
    const entity = searchParams.get("entity");
    state.requests.push(entity === null ? pathname : `${pathname} ${entity}`);
    if (!state.isAway) return next();
    return context.json({ title: "Unavailable", status: 503, code: "UNAVAILABLE", detail: "The API is resting." }, 503);
  });
  app.get("/v1/status", (context) => {
    const detectors = state.isEmpty ? { detectors: [] } : {};
    const logs = state.hasLogs ? { logDetectors: [logDetector(!state.isUntrained)] } : {};
    return context.json(status({ ...detectors, ...logs, scopes: state.scopes, ...state.statusChanges }));
  });
  app.get("/v1/series", (context) => {
    if (context.req.query("detector") === "hdfs.rates") {
      const items = state.isEmpty ? [] : Array.from({ length: RATE_COUNT }, (_, index) => rateSeries(index));
      return context.json({ items, cursor: null });
    }
    const one = (entity: string, lastTimestamp: number) => ({ detector: "host", entity, lastTimestamp, warmUp: null });
    const live = { ...one(ODD_ENTITY, Date.now()), warmUp: state.isWarmingUp ? WARM_UP : null };
    return context.json({ items: [one("recorded-host", RECORDING_END_MS), live], cursor: null });
  });
  app.get("/v1/points", (context) => {
    const { detector = "", entity = "" } = context.req.query();
    const to = Number(context.req.query("to") ?? (entity === "recorded-host" ? RECORDING_END_MS : Date.now()));
    const from = Number(context.req.query("from") ?? 0);
    const rows = Number(context.req.query("limit") ?? 1000);
    if (rows > MAX_ROWS) return context.json({ title: "Invalid", detail: "limit is too large" }, 422);
    const isRecorded = entity === "recorded-host";
    const all = points(to - 1, rows, isRecorded ? isRecordedFault : isLiveFault);
    const first = Math.max(from, isRecorded ? RECORDING_START_MS : 0);
    const rest = { features: FEATURES, cursor: null };
    return context.json({ detector, entity, ...rest, points: all.filter((row) => row.timestamp >= first) });
  });
  app.get("/v1/anomalies", (context) => {
    if (state.isEmpty) return context.json({ items: [], cursor: null });
    const limit = Number(context.req.query("limit"));
    const start = Number(context.req.query("cursor") ?? 0);
    const all = Array.from({ length: ANOMALY_COUNT }, (_, i) =>
      i === 1 && state.hasLogs
        ? rateAnomaly(RECORDING_END_MS - 7000)
        : anomaly(
            RECORDING_END_MS - i * 7000,
            i % 3 ? "recorded-host" : ODD_ENTITY,
            i === 2 ? "minimum-deviation" : null,
          ),
    );
    const end = start + limit;
    return context.json({ items: all.slice(start, end), cursor: end < all.length ? String(end) : null });
  });
  const sessions = Array.from({ length: SESSION_COUNT }, (_, index) => anomalousSession(index));
  app.get("/v1/sessions", (context) => {
    const start = Number(context.req.query("cursor") ?? 0);
    const end = start + Number(context.req.query("limit"));
    const items = state.isEmpty ? [] : sessions.slice(start, end);
    return context.json({ items, cursor: items.length > 0 && end < SESSION_COUNT ? String(end) : null });
  });
  app.get("/v1/session", (context) => {
    const index = sessions.findIndex(({ key }) => key === context.req.query("key"));
    return context.json(explainedSession(index));
  });
  app.get("/v1/templates", (context) => {
    const ofStatus = context.req.query("status");
    const known = Array.from({ length: RATE_COUNT }, (_, index) => ratedTemplate(index));
    const items = ofStatus === undefined ? known : [logTemplate(ofStatus)];
    return context.json({ items: state.isEmpty ? [] : items, cursor: null });
  });
  app.post("/v1/labels", async (context) => {
    if (state.labelRefusal) return context.json({ title: "Forbidden", detail: state.labelRefusal }, 403);
    const { labels } = await context.req.json();
    state.labels.push(...labels);
    return context.json({ stored: labels.length, unseen: [] });
  });
  stubLearningRoutes(app, state);
  app.get("/v1/recording", (context) => {
    if (!state.hasRecording) return context.json({ title: "Not found", status: 404 }, 404);
    const summary = {
      precision: 11 / 13,
      recall: 11 / 12,
      episodes: 12,
      detected: 11,
      incidents: 15,
      falseAlarmsPerHour: 1.6,
      missed: [MISSED],
    };
    return context.json({ labels: { faults: FAULTS, busy: BUSY }, summary });
  });
  return app;
};
