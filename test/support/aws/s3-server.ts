import { crc32 } from "node:zlib";
import { type Answer, type Call, type Loopback, type Reply, serve, xmlFailure } from "./loopback.ts";

/**
 * A small S3 of our own, for what fauxqs lacks: puts under `If-None-Match: *`, also of an upload in parts, keys listed in
 * the order of their UTF-8 bytes and URL-encoded, checksums that are compared. Every bucket is there, and all are one.
 */
export const startS3Server = async (): Promise<Loopback> => {
  const objects = new Map<string, Buffer>();
  const uploads = new Map<string, Map<number, Buffer>>();
  let nextUpload = 0;

  const put = (call: Call, key: string, bytes: Buffer): Reply => {
    if (call.headers["if-none-match"] === "*" && objects.has(key)) return xmlFailure("PreconditionFailed", 412);
    objects.set(key, bytes);
    return { status: 200, headers: { etag: etagOf(bytes) } };
  };

  const answers: Record<string, (call: Call, key: string) => Reply> = {
    "PUT object": (call, key) => (isDamaged(call) ? xmlFailure("BadDigest", 400) : put(call, key, call.body)),
    "GET object": (_call, key) => {
      const bytes = objects.get(key);
      if (!bytes) return xmlFailure("NoSuchKey", 404);
      const headers = {
        etag: etagOf(bytes),
        "x-amz-checksum-crc32": crcOf(bytes),
        "x-amz-checksum-type": "FULL_OBJECT",
      };
      return { status: 200, headers, body: bytes };
    },
    "DELETE object": (_call, key) => {
      objects.delete(key);
      return { status: 204 };
    },
    "PUT bucket": () => ({ status: 200 }),
    "HEAD bucket": () => ({ status: 200 }),
    "DELETE bucket": () => ({ status: 204 }),
    "GET bucket": ({ query }) => listing(query, objects),
    "POST uploads": (_call, key) => {
      const id = `upload-${nextUpload++}`;
      uploads.set(id, new Map());
      return xml(
        `<InitiateMultipartUploadResult><Key>${key}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
      );
    },
    "PUT part": (call) => {
      if (isDamaged(call)) return xmlFailure("BadDigest", 400);
      uploads.get(call.query.get("uploadId")!)?.set(Number(call.query.get("partNumber")), call.body);
      return { status: 200, headers: { etag: etagOf(call.body), "x-amz-checksum-crc32": crcOf(call.body) } };
    },
    "POST upload": (call, key) => {
      const id = call.query.get("uploadId")!;
      const parts = uploads.get(id);
      if (!parts) return xmlFailure("NoSuchUpload", 404);
      const bytes = Buffer.concat([...parts].sort(([a], [b]) => a - b).map(([, part]) => part));
      const reply = put(call, key, bytes);
      if (reply.status !== 200) return reply;
      uploads.delete(id);
      return xml(`<CompleteMultipartUploadResult><Key>${key}</Key></CompleteMultipartUploadResult>`);
    },
    "DELETE upload": ({ query }) => {
      uploads.delete(query.get("uploadId")!);
      return { status: 204 };
    },
  };
  const answer: Answer = async (call) => {
    const key = call.path.slice(1).split("/").slice(1).join("/");
    return answers[`${call.method} ${kindOf(call, key)}`]?.(call, key) ?? xmlFailure("NotImplemented", 501);
  };
  return await serve(answer);
};

const kindOf = ({ query }: Call, key: string): string => {
  if (query.has("uploads")) return "uploads";
  if (query.has("partNumber")) return "part";
  if (query.has("uploadId")) return "upload";
  return key === "" ? "bucket" : "object";
};

const listing = (query: URLSearchParams, objects: ReadonlyMap<string, Buffer>): Reply => {
  const after = query.get("continuation-token") ?? query.get("start-after") ?? "";
  const most = Math.min(Number(query.get("max-keys") ?? 1000), 1000);
  const prefix = query.get("prefix") ?? "";
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && compare(key, after) > 0).sort(compare);
  const page = keys.slice(0, most);
  const rest =
    keys.length > page.length
      ? `<IsTruncated>true</IsTruncated><NextContinuationToken>${escaped(page.at(-1)!)}</NextContinuationToken>`
      : "<IsTruncated>false</IsTruncated>";
  // As S3 does it: a slash stays, a blank is a plus.
  const urlEncoded = (key: string) => encodeURIComponent(key).replaceAll("%2F", "/").replaceAll("%20", "+");
  const [encode, encoding] =
    query.get("encoding-type") === "url" ? [urlEncoded, "<EncodingType>url</EncodingType>"] : [escaped, ""];
  const etag = (key: string) => escaped(etagOf(objects.get(key)!));
  const contents = page
    .map((key) => `<Contents><Key>${encode(key)}</Key><ETag>${etag(key)}</ETag></Contents>`)
    .join("");
  return xml(`<ListBucketResult>${encoding}${rest}${contents}</ListBucketResult>`);
};

const xml = (text: string): Reply => ({ status: 200, headers: { "content-type": "application/xml" }, body: text });
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
const etagOf = (bytes: Buffer): string => `"${crc32(bytes).toString(16)}"`;
const crcOf = (bytes: Buffer): string => {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(crc32(bytes));
  return four.toString("base64");
};
const isDamaged = ({ headers, body }: Call): boolean => headers["x-amz-checksum-crc32"] !== crcOf(body);
