import { EVENT_SOURCE_MAPPINGS, STREAM_RETENTION_HOURS } from "@tidewatch/functions/event-source-mappings";
import { describe, expect, it } from "vitest";
import { deploymentOf, ofType, only, STAGES } from "./stages.ts";

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
    expect(filters).toEqual(filterCriteria);
  });

  it.each(Object.keys(EVENT_SOURCE_MAPPINGS))(
    "%s reports what it gives up to a queue that it may write to",
    (consumer) => {
      const queue = only(deployment(), "sqs/queue", /^FailedBatches/).outputs.arn;
      expect(mappingOf(consumer).destinationConfig).toEqual({ onFailure: { destinationArn: queue } });
      const role = only(deployment(), "iam/role", new RegExp(`^${consumer}Role$`, "i"));
      expect(JSON.stringify(role.inputs.inlinePolicies)).toContain(String(queue));
    },
  );

  it.each(Object.entries(EVENT_SOURCE_MAPPINGS))("%s gives up while the stream still has the records", (_, mapping) => {
    const retention = only(deployment(), "kinesis/stream").inputs.retentionPeriod;
    expect(retention).toBe(STREAM_RETENTION_HOURS);
    expect(mapping.maximumRecordAgeInSeconds).toBeGreaterThan(0);
    expect(mapping.maximumRecordAgeInSeconds).toBeLessThan(Number(retention) * 3600);
  });
});
