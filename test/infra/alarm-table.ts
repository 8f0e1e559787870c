import type { Deployment } from "./engine/deployment.ts";
import { ofType } from "./stages.ts";

type Metric = { namespace: string; metricName: string; dimensions: Record<string, string>; period: number };
type Query = { id: string; expression?: string; metric?: Metric & { stat: string } };
type Alarm = Metric & {
  name: string;
  comparisonOperator: keyof typeof SIGNS;
  threshold: number;
  evaluationPeriods: number;
  datapointsToAlarm?: number;
  statistic: string;
  treatMissingData: string;
  metricQueries?: Query[];
};

const SIGNS = { GreaterThanOrEqualToThreshold: "≥", LessThanThreshold: "<" } as const;

/** All alarms of a stage: what they look at, when they ring, and what no data means. The same for every stage. */
export const alarmTable = (deployment: Deployment): string => {
  const named = namesOf(deployment);
  const describe = (metric: Metric, statistic: string): string => {
    const of = Object.entries(metric.dimensions).map(([key, value]) => `${key} ${named(value)}`);
    const namespace = metric.namespace.replace(`/${deployment.stage}`, "/<stage>");
    return `${statistic} of ${namespace} ${metric.metricName}, ${of.join(", ")}`;
  };
  return ofType(deployment, "cloudwatch/metricAlarm")
    .map(({ inputs }) => inputs as unknown as Alarm)
    .map((alarm) => {
      const { comparisonOperator, threshold, evaluationPeriods, metricQueries = [], treatMissingData } = alarm;
      const periods = metricQueries.flatMap(({ metric }) => metric?.period ?? []);
      const seconds = [...new Set(metricQueries.length > 0 ? periods : [alarm.period])].join("/");
      const times = `${alarm.datapointsToAlarm ?? evaluationPeriods} of ${evaluationPeriods} × ${seconds} s`;
      const name = alarm.name.replace(`tidewatch-${deployment.stage}-`, "");
      const rule = `${SIGNS[comparisonOperator]} ${threshold}`;
      const lines = metricQueries.map(({ id, expression, metric }) =>
        metric ? `    ${id} = ${describe(metric, metric.stat)}` : `    ${expression}`,
      );
      return [
        `${name.padEnd(18)}${rule.padEnd(12)}${times.padEnd(20)}no data: ${treatMissingData}`,
        ...(lines.length > 0 ? lines : [`    ${describe(alarm, alarm.statistic)}`]),
        "",
      ].join("\n");
    })
    .toSorted()
    .join("\n");
};

/** Physical names and ids → those in the stacks. What is attached to a bucket has the bucket's name for its id. */
const namesOf = (deployment: Deployment): ((value: string) => string) => {
  const own = deployment.resources.filter(
    ({ type }) => /^aws:/.test(type) && !/^aws:s3\/bucket(?!Metric:|:)/.test(type),
  );
  const names = new Map(
    own.flatMap(({ name, id, outputs }) => [outputs.name, id].map((value) => [value, name] as const)),
  );
  return (value) => names.get(value) ?? value;
};
