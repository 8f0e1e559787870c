import { describe, expect, it } from "vitest";
import { deploymentOf, ofType, only, STAGES } from "./stages.ts";

describe.each(STAGES)("storage of stage %s", (stage) => {
  const deployment = () => deploymentOf(stage);
  const ownBucket = () => only(deployment(), "s3/bucket", /^Objects/);
  /** What is attached to the bucket of events and models, not to that of the page. */
  const ofBucket = (type: string) =>
    ofType(deployment(), type).filter(({ inputs }) => inputs.bucket === ownBucket().outputs.bucket)[0]?.inputs;

  it("is one table with expiry, recovery to any second, a change feed, and billing by request", () => {
    expect(only(deployment(), "dynamodb/table").inputs).toMatchObject({
      hashKey: "pk",
      rangeKey: "sk",
      attributes: [
        { name: "pk", type: "S" },
        { name: "sk", type: "S" },
      ],
      ttl: { attributeName: "expiresAt", enabled: true },
      pointInTimeRecovery: { enabled: true },
      streamEnabled: true,
      streamViewType: "NEW_AND_OLD_IMAGES",
      billingMode: "PAY_PER_REQUEST",
      deletionProtectionEnabled: stage === "production",
    });
  });

  it("keeps earlier versions of objects, and not for ever", () => {
    expect(ofBucket("s3/bucketVersioning")?.versioningConfiguration).toEqual({ status: "Enabled" });
    const { rules } = ofBucket("s3/bucketLifecycleConfiguration") as { rules: Record<string, unknown>[] };
    expect(rules).toContainEqual(
      expect.objectContaining({ noncurrentVersionExpiration: { noncurrentDays: expect.any(Number) } }),
    );
    expect(rules.every(({ status }) => status === "Enabled")).toBe(true);
  });

  it("never lets events, models or runs expire", () => {
    const { rules } = ofBucket("s3/bucketLifecycleConfiguration") as {
      rules: { filter?: { prefix?: string }; expiration?: { days?: number } }[];
    };
    const expiring = rules
      .filter(({ expiration }) => expiration?.days !== undefined)
      .map(({ filter }) => filter?.prefix);
    expect(expiring.toSorted()).toEqual(["aws/lambda/", "failed/", "quarantine/", "trees/", "uploads/"]);
  });

  it("is encrypted, closed to the public, and answers over TLS only", () => {
    expect(ofBucket("s3/bucketServerSideEncryptionConfiguration")?.rules).toMatchObject([
      { applyServerSideEncryptionByDefault: { sseAlgorithm: expect.stringMatching(/^(AES256|aws:kms)$/) } },
    ]);
    for (const bucket of ofType(deployment(), "s3/bucket")) {
      const attached = (type: string) =>
        ofType(deployment(), type).find(({ inputs }) => inputs.bucket === bucket.outputs.bucket)?.inputs;
      expect(attached("s3/bucketPublicAccessBlock"), bucket.name).toMatchObject({
        ...{ blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
      });
      expect(JSON.parse(String(attached("s3/bucketPolicy")?.policy)).Statement, bucket.name).toContainEqual(
        expect.objectContaining({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
      );
    }
  });

  it("keeps the stream on demand, encrypted", () => {
    expect(only(deployment(), "kinesis/stream").inputs).toMatchObject({
      streamModeDetails: { streamMode: "ON_DEMAND" },
      encryptionType: "KMS",
    });
  });
});
