/// <reference path="./.sst/platform/config.d.ts" />

export default $config({
  app: ({ stage }) => ({
    name: "tidewatch",
    version: "4.17.1",
    home: "aws",
    // Production outlives a mistyped `sst remove`; of any other stage nothing is left after it.
    removal: stage === "production" ? "retain" : "remove",
    protect: stage === "production",
    // No region here: SST takes AWS_REGION, AWS_DEFAULT_REGION or the region of AWS_PROFILE, and else us-east-1.
    providers: { aws: { version: "7.20.0" } },
  }),

  // The stacks in flow order. SST wants them imported here, not above.
  async run() {
    const { ARCHITECTURE, RUNTIME } = await import("./stacks/runtime.ts");
    $transform(sst.aws.Function, (args) => {
      args.runtime ??= RUNTIME;
      args.architecture ??= ARCHITECTURE;
    });

    const { table, bucket } = await import("./stacks/storage.ts");
    const { stream } = await import("./stacks/stream.ts");
    const { bus } = await import("./stacks/training.ts");
    await import("./stacks/learning.ts");
    const { retraining } = await import("./stacks/retraining.ts");
    const { cloudWatchLogsRoleArn } = await import("./stacks/logs.ts");
    const { gateway } = await import("./stacks/api.ts");
    const { router } = await import("./stacks/web.ts");
    const { alarmTopic } = await import("./stacks/alarm.ts");
    await import("./stacks/alarms.ts");
    await import("./stacks/alarms-storage.ts");
    await import("./stacks/dashboard.ts");

    return {
      region: $app.providers?.aws.region,
      page: router.url,
      api: $interpolate`${router.url}/v1`,
      gateway: gateway.url,
      stream: stream.name,
      table: table.name,
      bucket: bucket.name,
      bus: bus.name,
      retraining: retraining.arn,
      alarmTopic: alarmTopic.arn,
      ...(cloudWatchLogsRoleArn && { cloudWatchLogsRole: cloudWatchLogsRoleArn }),
    };
  },
});
