import { nameOf, settings } from "./settings.ts";

/** Not encrypted: CloudWatch may not use the key that AWS manages for SNS, and an alarm's text holds no data. */
export const alarmTopic = new aws.sns.Topic("Alarms", { name: nameOf("alarms") });

const email = settings.TIDEWATCH_ALARM_EMAIL;
if (email) {
  new aws.sns.TopicSubscription("AlarmsByMail", { topic: alarmTopic.arn, protocol: "email", endpoint: email });
}

/** How often a metric is looked at. */
const PERIOD_SECONDS = 300;

type AlarmArgs = Omit<Partial<aws.cloudwatch.MetricAlarmArgs>, "name"> & { threshold: number };

/** Rings when the threshold is reached for `evaluationPeriods`, and once more when that is over. No data is no alarm. */
export const alarm = (name: string, alarmDescription: string, args: AlarmArgs): aws.cloudwatch.MetricAlarm =>
  new aws.cloudwatch.MetricAlarm(`${name}Alarm`, {
    name: nameOf(name),
    alarmDescription,
    comparisonOperator: "GreaterThanOrEqualToThreshold",
    evaluationPeriods: 1,
    treatMissingData: "notBreaching",
    alarmActions: [alarmTopic.arn],
    okActions: [alarmTopic.arn],
    // An expression has its metrics' periods instead.
    ...(args.metricQueries ? {} : { period: PERIOD_SECONDS, statistic: "Sum" }),
    ...args,
  });

type Name = $util.Input<string>;
type Metric = { namespace: string; metricName: string; dimensions: Record<string, Name> };

export const lambda = (metricName: string, { name }: sst.aws.Function): Metric => ({
  namespace: "AWS/Lambda",
  metricName,
  dimensions: { FunctionName: name },
});

/** A value of metrics that are summed up per period. In the expression they have these names. */
export const computed = (label: string, expression: string, metrics: Record<string, Metric>) => ({
  metricQueries: [
    { id: "value", expression, label, returnData: true },
    ...Object.entries(metrics).map(([id, metric]) => ({
      id,
      metric: { ...metric, period: PERIOD_SECONDS, stat: "Sum" },
    })),
  ],
});

/** One alarm for all of them. What has no data counts for nothing. */
export const sumOf = (label: string, metrics: readonly Metric[]) =>
  computed(label, "SUM(METRICS())", Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric])));
