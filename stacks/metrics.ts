import { METRIC_NAMESPACE, type Service, METRICS as UNITS } from "../packages/functions/src/metrics.ts";

/** Of this stage: two in one account must not ring each other's alarms. */
export const metricNamespace = `${METRIC_NAMESPACE}/${$app.stage}`;

export type Metric = { namespace: string; metricName: string; dimensions: { service: string } };

const metricsOf = <S extends Service>(service: S) =>
  Object.fromEntries(
    Object.keys(UNITS[service]).map((metricName): [string, Metric] => [
      metricName,
      { namespace: metricNamespace, metricName, dimensions: { service } },
    ]),
  ) as Record<keyof (typeof UNITS)[S], Metric>;

/** What the functions count, as CloudWatch knows it: a name that they do not write does not compile. */
export const METRICS = {
  score: metricsOf("score"),
  log: metricsOf("log"),
  logSweep: metricsOf("log-sweep"),
  archive: metricsOf("archive"),
  train: metricsOf("train"),
  drift: metricsOf("drift"),
  shadow: metricsOf("shadow"),
  retrainStart: metricsOf("retrain-start"),
  retrain: metricsOf("retrain"),
  trees: metricsOf("trees"),
  compact: metricsOf("compact"),
  report: metricsOf("report"),
  job: metricsOf("job"),
  api: metricsOf("api"),
};
