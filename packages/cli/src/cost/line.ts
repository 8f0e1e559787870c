import type { Price } from "./prices.ts";

export const SERVICES = [
  "Kinesis",
  "Lambda",
  "DynamoDB",
  "S3",
  "API Gateway",
  "CloudWatch",
  "Scheduler",
  "Step Functions",
  "CloudFront",
] as const;
export type Service = (typeof SERVICES)[number];

/** One line of the bill: `usd = quantity / price.per × price.usd`. */
export type Line = {
  service: Service;
  item: string;
  /** How the quantity comes about, in figures. */
  how: string;
  quantity: number;
  price: Price;
  usd: number;
};

export const lineOf = (service: Service, item: string, how: string, quantity: number, price: Price): Line => ({
  ...{ service, item, how, quantity, price },
  usd: (quantity / price.per) * price.usd,
});

export const BYTES_PER_GB = 2 ** 30;
