import { cbor, tag } from "@smithy/core/cbor";
import { decodeCbor } from "./cbor.ts";
import { wireError } from "./wire-error.ts";

/** One encoding of requests and answers. Answers hold `Buffer` for blobs and `Date` for times; each codec writes them its way. */
export type Codec = { contentType: string; decode(body: Buffer): unknown; encode(answer: unknown): Uint8Array };

const utf8 = new TextDecoder("utf-8", { fatal: true });

const json: Codec = {
  contentType: "application/x-amz-json-1.1",
  decode: (body) => {
    try {
      return JSON.parse(utf8.decode(body));
    } catch {
      throw wireError("SerializationException", "The body is not valid JSON.");
    }
  },
  encode: (answer) => Buffer.from(JSON.stringify(convert(answer, jsonLeaf))),
};

const cborCodec: Codec = {
  contentType: "application/x-amz-cbor-1.1",
  decode: decodeCbor,
  encode: (answer) => cbor.serialize(convert(answer, cborLeaf)),
};

/** The codec that a content type names, if there is one. Parameters (`; charset=…`) don't matter. */
export const codecFor = (contentType: string | undefined): Codec | undefined => {
  const type = contentType?.split(";")[0]?.trim().toLowerCase();
  return [json, cborCodec].find((codec) => codec.contentType === type);
};

type Leaf = (value: Uint8Array | Date) => unknown;
const jsonLeaf: Leaf = (value) =>
  value instanceof Date
    ? value.getTime() / 1000
    : Buffer.from(value.buffer, value.byteOffset, value.length).toString("base64");
/** Tag 1 with milliseconds: what the CBOR of Kinesis has always held (the Java SDK reads it so). */
const cborLeaf: Leaf = (value) => (value instanceof Date ? tag({ tag: 1, value: value.getTime() }) : value);

const convert = (value: unknown, leaf: Leaf): unknown => {
  if (value instanceof Date || value instanceof Uint8Array) return leaf(value);
  if (Array.isArray(value)) return value.map((item) => convert(item, leaf));
  if (typeof value !== "object" || value === null) return value;
  const out: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) if (item !== undefined) out[key] = convert(item, leaf);
  return out;
};
