import { describe, expect, it } from "vitest";
import { alarmTable } from "./alarm-table.ts";
import { deploymentOf, ofType, only, STAGES } from "./stages.ts";

type Metric = { metricName?: string; namespace?: string; dimensions?: Record<string, string> };
type AlarmInputs = Metric & { metricQueries?: { metric?: Metric }[] };

describe.each(STAGES)("alarms of stage %s", (stage) => {
  const deployment = () => deploymentOf(stage);
  const alarms = () => ofType(deployment(), "cloudwatch/metricAlarm");
  /** Every metric that some alarm looks at, alone or within an expression. */
  const watched = () =>
    alarms().flatMap(({ inputs }) => {
      const { metricQueries = [], ...own } = inputs as AlarmInputs;
      return [own, ...metricQueries.flatMap(({ metric }) => (metric ? [metric] : []))];
    });
  const functions = () =>
    ofType(deployment(), "lambda/function")
      .map(({ outputs }) => String(outputs.name))
      .filter((name) => !/Autodeploy|CustomResource/.test(name));
  const watchedFunctions = (metricName: string) =>
    watched()
      .filter((metric) => metric.metricName === metricName && metric.namespace === "AWS/Lambda")
      .map(({ dimensions }) => dimensions?.FunctionName);

  it("are those of alarms.txt", async () => {
    await expect(alarmTable(deployment())).toMatchFileSnapshot("alarms.txt");
  });

  it("ring when a function that should run does not", () => {
    // The API runs when somebody asks, Job when somebody has ordered one, Retrain when one is due; Log when a line comes: the age
    // of what it has not read tells of it. The hourly ones are told of by MissedRuns.
    const running = functions().filter(
      (name) => !/Api|LogFunction|JobFunction|RetrainFunction|Trees|Drift|Compact|Report/.test(name),
    );
    expect(watchedFunctions("Invocations").toSorted()).toEqual(running.toSorted());
  });

  it("ring when what a consumer gave up is kept, and when it could not be", () => {
    expect(only(deployment(), "s3/bucketMetric").inputs).toMatchObject({ filter: { prefix: "aws/lambda/" } });
    const { bucket } = only(deployment(), "s3/bucket", /^Objects/).outputs;
    const kept = watched().find(({ metricName, namespace }) => namespace === "AWS/S3" && metricName === "PutRequests");
    expect(kept?.dimensions).toEqual({ BucketName: bucket, FilterId: "given-up" });
    expect(watchedFunctions("DestinationDeliveryFailures").toSorted()).toEqual(
      functions()
        .filter((name) => /Score|Archive|LogFunction/.test(name))
        .toSorted(),
    );
  });

  it.each(["Errors", "Throttles"])("watch the %s of every function", (metric) => {
    expect(watchedFunctions(metric).toSorted()).toEqual(functions().toSorted());
  });

  it("watch the age of what each consumer has not read yet", () => {
    const consumers = ofType(deployment(), "lambda/eventSourceMapping").map(({ inputs }) =>
      String(inputs.functionName).split(":").at(-1),
    );
    expect(watchedFunctions("IteratorAge").toSorted()).toEqual(consumers.toSorted());
  });

  it("watch the depth of every queue of failures", () => {
    const queues = ofType(deployment(), "sqs/queue").map(({ outputs }) => outputs.name);
    const depths = watched().filter(({ metricName }) => metricName === "ApproximateNumberOfMessagesVisible");
    expect(depths.map(({ dimensions }) => dimensions?.QueueName).toSorted()).toEqual(queues.toSorted());
  });

  it.each(["Duration", "5xx", "Quarantined", "WriteProvisionedThroughputExceeded", "UnusableModels"])(
    "watch %s",
    (metric) => {
      expect(watched().map(({ metricName }) => metricName)).toContain(metric);
    },
  );

  it("tell the one topic when they ring and when that is over, and say what to do", () => {
    const topic = only(deployment(), "sns/topic").outputs.arn;
    for (const { name, inputs } of alarms()) {
      expect(inputs, name).toMatchObject({ alarmActions: [topic], okActions: [topic] });
      expect(String(inputs.alarmDescription).length, name).toBeGreaterThan(20);
    }
  });

  it("have a dashboard whose graphs show metrics of this stage", () => {
    const { widgets } = JSON.parse(String(only(deployment(), "cloudwatch/dashboard").inputs.dashboardBody));
    expect(widgets.length).toBeGreaterThan(5);
    expect(JSON.stringify(widgets)).not.toMatch(/undefined|\[object/);
  });
});
