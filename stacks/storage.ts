import { isProduction } from "./settings.ts";

/** Heads, chunks, anomalies, detectors, models, keys: the one table. Point-in-time recovery is on by SST's default. */
export const table = new sst.aws.Dynamo("Items", {
  fields: { pk: "string", sk: "string" },
  primaryIndex: { hashKey: "pk", rangeKey: "sk" },
  ttl: "expiresAt",
  stream: "new-and-old-images",
  deletionProtection: isProduction,
});

/** The archive, quarantine, failed records and models. TLS only and closed to the public by SST's defaults. */
export const bucket = new sst.aws.Bucket("Objects", {
  versioning: true,
  cors: false,
  transform: { bucket: { forceDestroy: !isProduction } },
});

new aws.s3.BucketServerSideEncryptionConfiguration("ObjectsEncryption", {
  bucket: bucket.name,
  rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
});

/** Where Lambda puts the batches that a mapping gives up; it makes the names below. */
export const GIVEN_UP = "aws/lambda";
/** Counts what is put there, for the alarm. CloudWatch takes money for request metrics only in hours that have some. */
export const givenUpRequests = new aws.s3.BucketMetric("GivenUpRequests", {
  bucket: bucket.name,
  name: "given-up",
  filter: { prefix: `${GIVEN_UP}/` },
});

/**
 * Events are read by people and backtests, seldom after a month; both classes answer at once. S3 moves no object below
 * 128 KB, so this acts from about a hundred events a second and shard; the small objects of a quieter stream stay where
 * they are.
 */
const ARCHIVE_INFREQUENT_DAYS = 30;
const ARCHIVE_COLD_DAYS = 90;
/** Time to find the producer or the fault, repair it, and put the records again. */
const REJECTED_DAYS = 90;
/** Time to notice that an object was overwritten or deleted by mistake. */
const OLD_VERSION_DAYS = 30;
const TREES_DAYS = 7;
/** An upload that is not done after a day is none any more. */
const UPLOAD_DAYS = 1;

const enabled = (id: string, prefix: string, rest: object) => ({ id, status: "Enabled", filter: { prefix }, ...rest });

new aws.s3.BucketLifecycleConfiguration("ObjectsLifecycle", {
  bucket: bucket.name,
  rules: [
    enabled("archive-grows-cold", "events/", {
      transitions: [
        { days: ARCHIVE_INFREQUENT_DAYS, storageClass: "STANDARD_IA" },
        { days: ARCHIVE_COLD_DAYS, storageClass: "GLACIER_IR" },
      ],
    }),
    enabled("quarantine-expires", "quarantine/", { expiration: { days: REJECTED_DAYS } }),
    enabled("failed-expires", "failed/", { expiration: { days: REJECTED_DAYS } }),
    enabled("uploads-expire", "uploads/", { expiration: { days: UPLOAD_DAYS } }),
    // Of forests that are made by now.
    enabled("trees-expire", "trees/", { expiration: { days: TREES_DAYS } }),
    enabled("given-up-expires", `${GIVEN_UP}/`, { expiration: { days: REJECTED_DAYS } }),
    enabled("remains-are-cleared", "", {
      expiration: { expiredObjectDeleteMarker: true },
      noncurrentVersionExpiration: { noncurrentDays: OLD_VERSION_DAYS },
      abortIncompleteMultipartUpload: { daysAfterInitiation: UPLOAD_DAYS },
    }),
  ],
});
