import { createHash, randomBytes } from "node:crypto";
import { AppError } from "@tidewatch/core/errors";
import { uploadKey } from "@tidewatch/core/store/keys";
import { z } from "zod";
import { artifactBody, collectPieces } from "./artifact-body.ts";
import { objectKey, pathBehind } from "./artifact-path.ts";
import { type Call, type Endpoint, endpoint } from "./endpoint.ts";
import { int64, repeated, required, text } from "./wire.ts";

/** Large artifacts in parts, as MLflow's clients send them when `MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD` is set. */

const MAX_PARTS = 1000;
const KEPT_MS = 24 * 3600 * 1000;
const PREFIX = "/api/2.0/mlflow-artifacts/mpu";
const Upload = z.strictObject({ key: z.string(), parts: z.int().min(1) });

const partKey = (id: string, part: number): string => `uploads/${id}/${part}`;
const NOTHING = new Uint8Array();

/** `path` is the client's own: only its last part names the artifact. */
const destination = (ports: Call, action: string, localPath: string): Promise<string> => {
  const file = localPath.split(/[/\\]/).at(-1) ?? "";
  return objectKey(ports, `${pathBehind(ports, `/mpu/${action}/`)}/${file}`, "write");
};

const uploadOf = async ({ table }: Call, id: string) => {
  const [item] = /^[0-9a-f]{32}$/.test(id) ? await table.getMany([uploadKey(id)]) : [];
  if (!item) throw new AppError("NOT_FOUND", `There is no upload ${id}; uploads end after a day.`);
  return Upload.parse(JSON.parse(item.doc ?? "null"));
};

/** Its parts are emptied: on AWS the API may delete nothing, and a rule of the bucket does it a day later. */
const forget = async ({ table, blobs }: Call, id: string): Promise<void> => {
  for (const key of await blobs.list(`uploads/${id}/`)) await blobs.put(key, NOTHING);
  await table.putMany([{ item: { ...uploadKey(id), version: 2, expiresAtMs: 1 }, condition: { kind: "any" } }]);
};

export const MULTIPART: Endpoint[] = [
  endpoint(
    "POST mpu/create/*",
    "operate",
    z.object({ path: required, num_parts: int64.pipe(z.int().min(1).max(MAX_PARTS)) }),
    async ({ path, num_parts }, ports) => {
      const { c, table, clock } = ports;
      const id = randomBytes(16).toString("hex");
      const doc = JSON.stringify({ key: await destination(ports, "create", path), parts: num_parts });
      const item = { ...uploadKey(id), version: 1, doc, expiresAtMs: clock() + KEPT_MS };
      await table.putMany([{ item, condition: { kind: "any" } }]);
      // The client sends a part with these headers alone: they are its own key, given back to it.
      const authorization = c.req.header("authorization");
      const headers = authorization === undefined ? {} : { authorization };
      const credentials = Array.from({ length: num_parts }, (_, at) => ({
        url: new URL(`${PREFIX}/part/${id}/${at + 1}`, c.req.url).href,
        part_number: at + 1,
        headers,
      }));
      c.header("cache-control", "no-store");
      return { upload_id: id, credentials };
    },
  ),
  {
    ...{ method: "PUT", path: "mpu/part/:upload_id/:part", access: "operate" },
    async answer(call) {
      const { c, blobs } = call;
      const { upload_id = "", part = "" } = c.req.param() as Record<string, string>;
      const { parts } = await uploadOf(call, upload_id);
      const number = Number(part);
      if (!(Number.isInteger(number) && number >= 1 && number <= parts)) {
        throw new AppError("VALIDATION", `The upload has parts 1 to ${parts}, not ${part}.`);
      }
      const bytes = await artifactBody(c);
      await blobs.put(partKey(upload_id, number), bytes);
      return c.json({}, 200, { etag: etagOf(bytes) });
    },
  },
  endpoint(
    "POST mpu/complete/*",
    "operate",
    z.object({
      ...{ path: required, upload_id: required },
      parts: repeated(z.object({ part_number: int64, etag: text.default("") })),
    }),
    async ({ path, upload_id, parts }, ports) => {
      const upload = await uploadOf(ports, upload_id);
      await checkSame(ports, "complete", path, upload.key);
      const etags = new Map(parts.map(({ part_number, etag }) => [part_number, etag]));
      const pieces = collectPieces();
      for (let part = 1; part <= upload.parts; part++) {
        const bytes = await ports.blobs.get(partKey(upload_id, part));
        const isWhole = bytes !== undefined && etags.get(part) === etagOf(bytes);
        if (!isWhole)
          throw new AppError("VALIDATION", `Part ${part} of ${upload.parts} is missing, or is another one.`);
        pieces.add(bytes);
      }
      await ports.blobs.put(upload.key, pieces.joined());
      await forget(ports, upload_id);
      return undefined;
    },
  ),
  endpoint(
    "POST mpu/abort/*",
    "operate",
    z.object({ path: required, upload_id: required }),
    async ({ path, upload_id }, ports) => {
      const upload = await uploadOf(ports, upload_id);
      await checkSame(ports, "abort", path, upload.key);
      await forget(ports, upload_id);
      return undefined;
    },
  ),
];

const checkSame = async (ports: Call, action: string, path: string, key: string): Promise<void> => {
  if ((await destination(ports, action, path)) === key) return;
  throw new AppError("VALIDATION", "The upload is one of another artifact.");
};

const etagOf = (bytes: Uint8Array): string => `"${createHash("sha256").update(bytes).digest("hex")}"`;
