import { DEPLOYMENT } from "@tidewatch/cli/cost/deployment";
import { describe, expect, it } from "vitest";
import { deploymentOf, ofType, only } from "./stages.ts";

/** What `tidewatch cost` reckons with must be what is deployed. */
describe("the cost estimate", () => {
  const deployment = () => deploymentOf("production");

  it("knows how many metrics the alarms look at", () => {
    const metrics = ofType(deployment(), "cloudwatch/metricAlarm").map(({ inputs }) => {
      const queries = inputs.metricQueries as { metric?: object }[] | undefined;
      return queries ? queries.filter(({ metric }) => metric).length : 1;
    });
    expect(DEPLOYMENT.alarmMetrics).toBe(metrics.reduce((sum, count) => sum + count, 0));
  });

  it("knows how often the training schedule runs", () => {
    const { inputs } = only(deployment(), "scheduler/schedule", /^TrainWhenDue/);
    expect(inputs.scheduleExpression).toBe(`rate(${60 / DEPLOYMENT.trainRunsPerHour} minutes)`);
  });

  it("knows how often silent sessions are looked for", () => {
    const { inputs } = only(deployment(), "scheduler/schedule", /^EndSilentSessions/);
    expect(inputs.scheduleExpression).toBe(`rate(${60 / DEPLOYMENT.sweepRunsPerHour} minute)`);
  });

  it("knows how often the learning loop runs", () => {
    const rateOf = (name: RegExp) => only(deployment(), "scheduler/schedule", name).inputs.scheduleExpression;
    expect(rateOf(/^ScoreShadow/)).toBe(`rate(${60 / DEPLOYMENT.shadowRunsPerHour} minutes)`);
    expect(rateOf(/^StartRetraining/)).toBe(`rate(${60 / DEPLOYMENT.retrainStartRunsPerHour} minutes)`);
    for (const hourly of [/^CheckDrift/, /^CompactArchive/, /^SendReports/])
      expect(rateOf(hourly)).toBe("rate(1 hour)");
  });

  it("names every service that has a price", () => {
    const priced = [
      "kinesis",
      "lambda",
      "dynamodb",
      "s3",
      "apigatewayv2",
      "cloudwatch",
      "scheduler",
      "cloudfront",
      "sfn",
    ];
    const negligible = ["sqs", "sns", "iam", "index", "route53", "acm"];
    const modules = new Set(deployment().resources.flatMap(({ type }) => /^aws:(\w+)\//.exec(type)?.[1] ?? []));
    expect([...modules].filter((module) => ![...priced, ...negligible].includes(module))).toEqual([]);
  });
});
