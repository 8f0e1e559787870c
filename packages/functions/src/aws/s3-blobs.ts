import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { AppError } from "@tidewatch/core/errors";
import type { BlobEntry, Blobs } from "@tidewatch/core/store/ports";
import { type Backoff, PATIENT } from "./backoff.ts";
import { awsFailure, explained, factsOf } from "./failure.ts";
import { inParallel } from "./in-parallel.ts";
import { s3Writer } from "./s3-write.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY_BYTES = 1024;
/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
const MAX_LISTED = 1000;
const REMOVED_AT_ONCE = 20;

/**
 * Objects in a general purpose bucket. Bytes carry a CRC32 both ways: what is damaged on the way is refused by S3, or thrown
 * by `get`. Large objects go in parts, and no reader sees one before its last part.
 *
 * A key that is not there is told from one that may not be read only when the role may list the bucket (`s3:ListBucket`).
 *
 * @throws AppError VALIDATION (key), UNAVAILABLE (slowed down, no answer, no such bucket, not allowed)
 */
export const s3Blobs = (options: { client: S3Client; bucket: string; backoff?: Backoff }): Blobs => {
  const { client, bucket, backoff = PATIENT } = options;
  const what = `bucket ${bucket}`;
  const get = async (key: string): Promise<Uint8Array | undefined> => {
    const request = { Bucket: bucket, Key: checked(key), ChecksumMode: "ENABLED" } as const;
    const found = await client.send(new GetObjectCommand(request)).catch((error: unknown) => {
      if (factsOf(error).name === "NoSuchKey") return undefined;
      throw awsFailure(error, what);
    });
    try {
      return await found?.Body?.transformToByteArray();
    } catch (error) {
      throw new AppError("UNAVAILABLE", `${what}: object ${key} came damaged or in part: try again`, { cause: error });
    }
  };
  const write = s3Writer({ client, bucket, backoff, get });

  const entries: Blobs["entries"] = async (prefix, { after, limit = Number.POSITIVE_INFINITY } = {}) => {
    const found: BlobEntry[] = [];
    if (limit < 1) return found;
    let token: string | undefined;
    do {
      const request = {
        ...{ Bucket: bucket, Prefix: prefix, EncodingType: "url" as const },
        MaxKeys: Math.min(limit - found.length, MAX_LISTED),
        ...(after && { StartAfter: after }),
        ...(token && { ContinuationToken: token }),
      };
      const page = await explained(what, () => client.send(new ListObjectsV2Command(request)));
      const decode = page.EncodingType === "url" ? fromUrl : asItIs;
      found.push(...(page.Contents ?? []).map(({ Key = "", ETag = "" }) => ({ key: decode(Key), version: ETag })));
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token && found.length < limit);
    return found;
  };

  return {
    get,
    async put(key, bytes) {
      await write(checked(key), bytes, "any");
    },
    putIfAbsent: (key, bytes) => write(checked(key), bytes, "absent"),
    list: async (prefix, options) => (await entries(prefix, options)).map(({ key }) => key),
    entries,
    async remove(keys) {
      await inParallel(keys, REMOVED_AT_ONCE, (key) => {
        const request = new DeleteObjectCommand({ Bucket: bucket, Key: checked(key) });
        return explained(what, () => client.send(request));
      });
    },
  };
};

/** Keys come URL-encoded where the service can do so: XML cannot hold every character that a key can. */
const fromUrl = (key: string): string => decodeURIComponent(key.replaceAll("+", " "));
const asItIs = (key: string): string => key;

const checked = (key: string): string => {
  const bytes = Buffer.byteLength(key);
  if (bytes >= 1 && bytes <= MAX_KEY_BYTES && key.isWellFormed()) return key;
  throw new AppError("VALIDATION", `object key ${JSON.stringify(key)} has not 1 to ${MAX_KEY_BYTES} bytes of Unicode`);
};
