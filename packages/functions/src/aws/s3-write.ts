import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import type { Blobs } from "@tidewatch/core/store/ports";
import { type Backoff, untilDone } from "./backoff.ts";
import { awsFailure, factsOf } from "./failure.ts";

/** Larger objects go in parts of this size: a part that fails is sent again alone. S3's least part is 5 MiB. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 4;

type Writer = { client: S3Client; bucket: string; backoff: Backoff; get: Blobs["get"] };

/** Writes an object, or gives false when its key is taken and the condition is `absent`. */
export const s3Writer = ({ client, bucket, backoff, get }: Writer) => {
  const send = async (key: string, bytes: Uint8Array, condition: "any" | "absent"): Promise<void> => {
    const guard = condition === "absent" ? { IfNoneMatch: "*" } : {};
    const params = { Bucket: bucket, Key: key, Body: bytes, ChecksumAlgorithm: "CRC32" as const, ...guard };
    if (bytes.length <= PART_BYTES) await client.send(new PutObjectCommand(params));
    else await new Upload({ client, params, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE }).done();
  };

  /** The answer to a first try may have been lost, so that the second one met its own object. */
  const isOurs = async (key: string, bytes: Uint8Array): Promise<boolean> => {
    const there = await get(key);
    return there !== undefined && Buffer.compare(there, bytes) === 0;
  };

  return async (key: string, bytes: Uint8Array, condition: "any" | "absent"): Promise<boolean> => {
    let written = true;
    let racing: unknown;
    /** One try; gives what is left to do. */
    const attempt = async (left: readonly string[]): Promise<readonly string[]> => {
      try {
        await send(key, bytes, condition);
        return [];
      } catch (error) {
        const { name, attempts } = factsOf(error);
        if (name === "PreconditionFailed") {
          written = attempts > 1 && (await isOurs(key, bytes));
          return [];
        }
        // Somebody writes the key at this moment; who has won is known a moment later.
        if (name !== "ConditionalRequestConflict") throw awsFailure(error, `bucket ${bucket}`);
        racing = error;
        return left;
      }
    };
    const left = await untilDone([key], attempt, backoff);
    if (left.length > 0) throw awsFailure(racing, `bucket ${bucket}`);
    return written;
  };
};
