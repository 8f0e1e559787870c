import { describe, expect, it } from "vitest";
import { deploymentOf, ofType, only, STAGES } from "./stages.ts";

/** What runs by the clock, and how often. */
const SCHEDULES = {
  TrainWhenDue: { expression: "rate(5 minutes)", runs: "Train" },
  EndSilentSessions: { expression: "rate(1 minute)", runs: "LogSweep" },
  CheckDrift: { expression: "rate(1 hour)", runs: "Drift" },
  ScoreShadow: { expression: "rate(5 minutes)", runs: "Shadow" },
  CompactArchive: { expression: "rate(1 hour)", runs: "Compact" },
  SendReports: { expression: "rate(1 hour)", runs: "Report" },
  StartRetraining: { expression: "rate(5 minutes)", runs: "RetrainStart" },
};

describe.each(STAGES)("schedules of stage %s", (stage) => {
  const deployment = () => deploymentOf(stage);

  it("are these", () => {
    const found = ofType(deployment(), "scheduler/schedule").map(({ name }) => name.replace(/Schedule$/, ""));
    expect(found.toSorted()).toEqual(Object.keys(SCHEDULES).toSorted());
  });

  it.each(Object.entries(SCHEDULES))(
    "%s starts its function, and tells a queue when it cannot",
    (name, { expression, runs }) => {
      const schedule = only(deployment(), "scheduler/schedule", new RegExp(`^${name}`));
      const target = only(deployment(), "lambda/function", new RegExp(`^${runs}Function$`));
      expect(schedule.inputs).toMatchObject({
        scheduleExpression: expression,
        state: "ENABLED",
        target: {
          arn: target.outputs.arn,
          deadLetterConfig: { arn: only(deployment(), "sqs/queue", /^MissedRuns/).outputs.arn },
          retryPolicy: { maximumRetryAttempts: expect.any(Number) },
        },
      });
    },
  );

  it.each(Object.entries(SCHEDULES))("%s ends before it starts again", (_, { expression, runs }) => {
    const [, count, unit] = /rate\((\d+) (minute|hour)s?\)/.exec(expression) ?? [];
    const minutes = Number(count) * (unit === "hour" ? 60 : 1);
    const { timeout } = only(deployment(), "lambda/function", new RegExp(`^${runs}Function$`)).inputs;
    expect(timeout).toBeLessThan(minutes * 60);
  });

  it.each(Object.entries({ Drift: ["drift.detected", "RetrainStart"], Jobs: ["job.ordered", "Job"] }))(
    "are not alone: the bus calls for %s",
    (name, [event, runs]) => {
      const rule = only(deployment(), "cloudwatch/eventRule", new RegExp(name));
      expect(JSON.parse(String(rule.inputs.eventPattern))).toEqual({
        source: ["tidewatch"],
        "detail-type": [event],
      });
      const target = only(deployment(), "cloudwatch/eventTarget", new RegExp(name));
      const called = only(deployment(), "lambda/function", new RegExp(`^${runs}Function$`));
      expect(target.inputs.arn).toBe(called.outputs.arn);
    },
  );
});
