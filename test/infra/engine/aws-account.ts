/** The account that the stand-in plays. The number is the one of AWS's own examples, so no real account can be meant. */
export const AWS = { account: "123456789012", partition: "aws", region: "eu-west-1" } as const;

/** Amazon Resource Name. IAM, CloudFront and S3 leave out the region; S3 the account too. */
export const arn = (service: string, resource: string, region: string = AWS.region): string => {
  const isGlobal = service === "iam" || service === "cloudfront" || service === "s3";
  const account = service === "s3" ? "" : AWS.account;
  return `arn:${AWS.partition}:${service}:${isGlobal ? "" : region}:${account}:${resource}`;
};
