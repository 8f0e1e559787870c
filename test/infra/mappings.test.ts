import { EVENT_SOURCE_MAPPINGS, STREAM_RETENTION_HOURS } from "@tidewatch/functions/event-source-mappings";
import { describe, expect, it } from "vitest";
import { permissionsOf } from "./permissions.ts";
import { deploymentOf, ofType, only, SETTINGS, STAGES } from "./stages.ts";

describe.each(STAGES)("event-source mappings of stage %s", (stage) => {
  const deployment = () => deploymentOf(stage);
  const mappingOf = (consumer: string) =>
    only(deployment(), "lambda/eventSourceMapping", new RegExp(`Subscriber${consumer}`, "i")).inputs;

  it("are those of the table, and no others", () => {
    expect(ofType(deployment(), "lambda/eventSourceMapping")).toHaveLength(Object.keys(EVENT_SOURCE_MAPPINGS).length);
  });

  it.each(Object.entries(EVENT_SOURCE_MAPPINGS))("%s reads the stream as the table says", (consumer, expected) => {
    const { filterCriteria, ...numbers } = expected;
    const mapping = mappingOf(consumer);
    expect(mapping).toMatchObject({
      ...numbers,
      eventSourceArn: only(deployment(), "kinesis/stream").outputs.arn,
      functionName: only(deployment(), "lambda/function", new RegExp(`^${consumer}Function$`, "i")).outputs.arn,
    });
    const { filterCriteria: filters = { filters: [] } } = mapping;
    // What CloudWatch Logs puts on the stream is no JSON, and a filter would drop it.
    const takesCloudWatchLogs = consumer === "log" && SETTINGS[stage].TIDEWATCH_CLOUDWATCH_LOGS === "true";
    expect(filters).toEqual(takesCloudWatchLogs ? { filters: [] } : filterCriteria);
  });

  it.each(Object.keys(EVENT_SOURCE_MAPPINGS))(
    "%s keeps the records that it gives up, in the bucket, where it may put them",
    (consumer) => {
      const { arn } = only(deployment(), "s3/bucket", /^Objects/).outputs;
      expect(mappingOf(consumer).destinationConfig).toEqual({ onFailure: { destinationArn: arn } });
      const mayUse = permissionsOf(deployment())
        .filter(({ role }) => new RegExp(`^${consumer}Role$`, "i").test(role))
        .map(({ action, resource, condition }) => [action, resource, condition]);
      expect(mayUse).toContainEqual(["s3:PutObject", "ObjectsBucket/aws/lambda/*", ""]);
      // AWS asks for it without a condition.
      expect(mayUse).toContainEqual(["s3:ListBucket", "ObjectsBucket", ""]);
    },
  );

  it.each(Object.entries(EVENT_SOURCE_MAPPINGS))("%s gives up while the stream still has the records", (_, mapping) => {
    const retention = only(deployment(), "kinesis/stream").inputs.retentionPeriod;
    expect(retention).toBe(STREAM_RETENTION_HOURS);
    expect(mapping.maximumRecordAgeInSeconds).toBeGreaterThan(0);
    expect(mapping.maximumRecordAgeInSeconds).toBeLessThan(Number(retention) * 3600);
  });
});
