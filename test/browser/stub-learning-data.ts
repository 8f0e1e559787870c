/** Answers about models, retrainings and drift. */

const HOUR_MS = 3_600_000;
const T0 = Date.UTC(2026, 10, 20, 9);

export const model = (more: object = {}) => ({
  ...{ name: "host", family: "isolation-forest", newest: 4 },
  champion: { version: 3, sinceMs: T0 - 200 * HOUR_MS },
  previous: { version: 2, sinceMs: T0 - 200 * HOUR_MS },
  ...more,
});

/** What the aliases of that model name. */
export const modelAliases = {
  champion: { version: 3, sinceMs: T0 - 200 * HOUR_MS },
  challenger: { version: 4, sinceMs: T0 + HOUR_MS },
  previous: { version: 2, sinceMs: T0 - 200 * HOUR_MS },
};

const RUN_ID = "001763632800000-1f0c9a2b";
const by = `retraining ${RUN_ID}`;
const moves = [
  { alias: "challenger", version: 4, before: null, sinceMs: T0 + HOUR_MS, by, reason: "it did best of 6" },
  {
    ...{ alias: "champion", version: 3, before: 2, sinceMs: T0 - 200 * HOUR_MS, by: "retraining 0017-ab" },
    reason: "challenger 3 passed all 9 rules on 4,210 rows: 1 incident nobody called right, the champion 6",
  },
  { alias: "previous", version: 2, before: 1, sinceMs: T0 - 200 * HOUR_MS, by: "retraining 0017-ab" },
];
const EARLIER_MOVES = 20;
/** Newest first, as the API has them. */
export const aliasMoves = [
  ...moves,
  ...Array.from({ length: EARLIER_MOVES }, (_, at) => ({
    ...{ alias: "champion", version: 2, before: 1, sinceMs: T0 - (300 + at) * HOUR_MS },
    ...{ by: "key ci", reason: `asked for, ${at}` },
  })),
];

const DECISION = {
  ...{ outcome: "promote", reason: "version 4 passed all rules on 4,320 rows", rows: 4320 },
  ...{ fromMs: T0, toMs: T0 + 24 * HOUR_MS, alerts: { added: 1, vanished: 2, common: 5 } },
  rules: [
    { rule: "rows", champion: null, challenger: 4320, limit: 100, passed: true, text: "4,320 rows were compared" },
    {
      rule: "alert-volume",
      champion: 0.031,
      challenger: 0.012,
      limit: 0.047,
      passed: true,
      text: "it alerts on 1.2 %",
    },
    {
      rule: "latency",
      champion: 0.0041,
      challenger: 0.0043,
      limit: 0.1,
      passed: true,
      text: "it takes 4.3 µs per row",
    },
    { rule: "size", champion: 184_320, challenger: 201_000, limit: 25_000_000, passed: true, text: "it takes 0.2 MB" },
  ],
};

const STEPS = ["snapshot", "fit", "evaluate", "register", "shadow", "gate", "promote", "watch"];
const TEXTS = [
  "26,000 rows of 3 entities, 28 days; 2 kept incidents are left out",
  "6 candidates",
  "candidate 4 is best: 0.9 false alarms a week",
  "version 4",
  "6.0 of 24 hours of event time, 720 rows",
];

/** A retraining whose step `at` is in `state`. */
export const workflow = (at: number, state: string, more: object = {}) => ({
  ...{ id: RUN_ID, detector: "host", state: "waiting", startedAtMs: T0, updatedAtMs: T0 + HOUR_MS, spentMs: 9000 },
  trigger: { kind: "drift", id: "version 3", by: "schedule" },
  steps: STEPS.map((name, place) => {
    if (place > at) return { name, state: "pending", attempts: 0, text: "" };
    const ended = place < at ? { endedAtMs: T0 + (place + 1) * 70_000, progress: 1 } : { progress: 0.25 };
    const times = { startedAtMs: T0 + place * 70_000, ...ended };
    return {
      name,
      state: place < at ? "done" : state,
      attempts: place === 1 ? 2 : 1,
      text: TEXTS[place] ?? "",
      ...times,
    };
  }),
  ...{ candidateRuns: [], version: 4, championBefore: 3 },
  ...more,
});
export const shadowRun = workflow(4, "waiting");
export const awaitedRun = workflow(6, "waiting", { state: "approval", decision: DECISION });
export const rejectedRun = workflow(5, "done", {
  ...{
    state: "done",
    outcome: { kind: "rejected", reason: "version 4 alerts on 9.1 % of the rows, beyond the limit of 4.7 %" },
  },
  decision: {
    ...{ ...DECISION, outcome: "reject", reason: "it alerts on 9.1 % of the rows" },
    rules: DECISION.rules.map((rule) =>
      rule.rule === "alert-volume" ? { ...rule, challenger: 0.091, passed: false, text: "it alerts on 9.1 %" } : rule,
    ),
  },
});

const hours = (length: number, of: (hour: number) => number | null) => Array.from({ length }, (_, hour) => of(hour));
const wave = (hour: number) => Number((0.4 * Math.sin(hour * 1.7) + 0.2 * Math.sin(hour * 0.31)).toFixed(3));

const finding = (feature: string | undefined, statistic: string, more: object = {}) => ({
  ...(feature && { feature }),
  ...{ statistic, value: 0.31, limit: 1.42, effect: 0.31, unit: "deviations", pValue: 0.4 },
  ...{ isOver: false, drifted: false, sinceMs: null, text: `${feature} is as usual.` },
  sparkline: hours(72, (hour) => (hour > 30 && hour < 34 ? null : wave(hour))),
  ...more,
});

export const driftCheck = (more: object = {}) => ({
  ...{ detector: "host", atMs: T0, modelVersion: 3, isProvisional: false, drifted: true, sinceMs: T0 - 30 * HOUR_MS },
  ...{ referenceFromMs: T0 - 700 * HOUR_MS, referenceToMs: T0 - 200 * HOUR_MS, referenceDays: 20.8 },
  verdict:
    "What comes in is not what the model learnt, since 2026-11-19 03:00 UTC. memoryUsedPercent is 3.2 standard deviations " +
    "higher than usual. It is held against 21 days of reference.",
  findings: [
    finding("cpuPercent", "level"),
    finding("load1", "noise", {
      unit: "ratio",
      effect: 1.7,
      value: 0.53,
      limit: 0.5,
      isOver: true,
      sinceMs: T0,
      text: "load1 moves 1.7 times as much from row to row as usual.",
      sparkline: hours(168, (hour) => Math.abs(wave(hour))),
    }),
    finding("memoryUsedPercent", "level", {
      ...{ value: 3.18, effect: 3.18, isOver: true, drifted: true, sinceMs: T0 - 30 * HOUR_MS, shape: "sudden" },
      ...{ entities: ["web-01", "web-07"], text: "memoryUsedPercent is 3.2 standard deviations higher than usual." },
      sparkline: hours(168, (hour) => wave(hour) + (hour > 137 ? 3.1 : 0)),
    }),
    finding(undefined, "volume", { unit: "ratio", effect: 0.98, value: -0.02, limit: 0.35 }),
  ],
  ...more,
});
export const driftSummary = ({
  findings,
  referenceFromMs: _,
  referenceToMs: __,
  ...check
}: ReturnType<typeof driftCheck>) => ({
  ...check,
  what: findings.flatMap(({ feature, ...rest }: { feature?: string }) =>
    "drifted" in rest && rest.drifted ? [`level ${feature}`] : [],
  ),
});

const NOT_NAMED = { state: "none", to: [], attempts: 0, sentAtMs: null, error: null };

export const report = (index: number) => ({
  ...{ id: `host-day-2026-11-${20 - index}`, kind: index === 0 ? "drift" : "day", detector: "host" },
  ...{ atMs: T0 - 24 * index * HOUR_MS, createdAtMs: T0 - 24 * index * HOUR_MS, tone: index === 0 ? "bad" : "good" },
  title: index === 0 ? "host: what comes in has changed" : "host: a quiet day",
  verdict:
    index === 0 ? "memoryUsedPercent is 3.2 standard deviations higher than usual." : "2 incidents, 3 the day before.",
  mail: index === 0 ? { ...NOT_NAMED, state: "failed", error: "the spool is full" } : NOT_NAMED,
  webhook: NOT_NAMED,
});
