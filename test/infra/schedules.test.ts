import { describe, expect, it } from "vitest";
import { deploymentOf, ofType, only, STAGES } from "./stages.ts";

/** What runs by the clock, and how often. */
const SCHEDULES = {
  TrainWhenDue: { expression: "rate(5 minutes)", runs: "Train" },
  EndSilentSessions: { expression: "rate(1 minute)", runs: "LogSweep" },
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
    const minutes = Number(/rate\((\d+) minutes?\)/.exec(expression)?.[1]);
    const { timeout } = only(deployment(), "lambda/function", new RegExp(`^${runs}Function$`)).inputs;
    expect(timeout).toBeLessThan(minutes * 60);
  });
});
