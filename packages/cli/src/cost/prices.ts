import { AppError } from "@tidewatch/core/errors";

/** `usd` for `per` of the unit. */
export type Price = { usd: number; per: number; unit: string };

const MILLION = 1_000_000;
const each = (usd: number, unit: string): Price => ({ usd, per: 1, unit });
const perMillion = (usd: number, unit: string): Price => ({ usd, per: MILLION, unit });
const perGb = (usd: number, unit = "GB"): Price => ({ usd, per: 1, unit });

/**
 * List prices without free tiers, volume discounts and taxes. To change one, or to add a region, look at the page that is
 * named and set the year.
 */
const US_EAST_1 = {
  asOf: "2025",
  /** aws.amazon.com/kinesis/data-streams/pricing, on-demand standard. Data in is rounded up to 1 KB a record. */
  kinesisStream: each(0.04, "hours"),
  kinesisIn: perGb(0.08),
  kinesisOut: perGb(0.04),
  /** What is kept beyond the first day. */
  kinesisRetention: perGb(0.1, "GB-months"),
  /** aws.amazon.com/kms/pricing */
  kmsCalls: { usd: 0.03, per: 10_000, unit: "calls" },
  /** aws.amazon.com/lambda/pricing */
  lambdaRequests: perMillion(0.2, "requests"),
  lambdaX86: each(0.0000166667, "GB-s"),
  /** aws.amazon.com/dynamodb/pricing/on-demand; a write unit is 1 KB, a read unit 4 KB. Lambda reads table streams free. */
  dynamoWrites: perMillion(0.625, "write units"),
  dynamoReads: perMillion(0.125, "read units"),
  dynamoStorage: perGb(0.25, "GB-months"),
  /** Point-in-time recovery. */
  dynamoRecovery: perGb(0.2, "GB-months"),
  /** aws.amazon.com/s3/pricing, Standard. */
  s3Puts: perMillion(5, "requests"),
  s3Gets: perMillion(0.4, "requests"),
  s3Storage: perGb(0.023, "GB-months"),
  /** aws.amazon.com/api-gateway/pricing, HTTP API: 512 KB of a request count as one. */
  apiRequests: perMillion(1, "requests"),
  /** aws.amazon.com/eventbridge/pricing */
  scheduledRuns: perMillion(1, "runs"),
  /** aws.amazon.com/step-functions/pricing, standard workflows. */
  stateTransitions: perMillion(25, "transitions"),
  /** aws.amazon.com/cloudwatch/pricing */
  logsIn: perGb(0.5),
  logsStorage: perGb(0.03, "GB-months"),
  customMetrics: each(0.3, "metrics"),
  alarms: each(0.1, "metrics in alarms"),
  dashboards: each(3, "dashboards"),
  /** aws.amazon.com/cloudfront/pricing, to North America and Europe. */
  dataOut: perGb(0.085),
  /** aws.amazon.com/eks/pricing, /ec2/pricing/on-demand, /ebs/pricing (gp3), /vpc/pricing: for the comparison. */
  eksControlPlane: each(0.1, "hours"),
  t3Medium: each(0.0416, "hours"),
  ebs: perGb(0.08, "GB-months"),
  natGateway: each(0.045, "hours"),
} satisfies Record<string, Price | string>;

export type PriceTable = typeof US_EAST_1;

const REGIONS: Record<string, PriceTable> = { "us-east-1": US_EAST_1 };

/** @throws AppError VALIDATION for a region that has no table */
export const pricesOf = (region: string): PriceTable => {
  const prices = REGIONS[region];
  if (prices) return prices;
  const known = Object.keys(REGIONS).join(", ");
  throw new AppError(
    "VALIDATION",
    `There are no prices for ${region}, only for ${known}: most regions cost 0 to 30 % more.`,
  );
};
