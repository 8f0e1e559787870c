/**
 * The few protobuf forms that ONNX files use (https://protobuf.dev/programming-guides/encoding), each a function that
 * gives bytes. A message is the concatenation of its fields.
 */

/** Wire types. */
const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** Whole numbers from 0 to 2⁵³ − 1: ONNX files of ours hold no negative ones. */
const writeVarint = (out: number[], value: number): void => {
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  out.push(rest);
};

export const concat = (parts: readonly Uint8Array[]): Uint8Array => {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
};

export const intField = (field: number, value: number): Uint8Array => {
  const out: number[] = [];
  writeVarint(out, field * 8 + VARINT);
  writeVarint(out, value);
  return Uint8Array.from(out);
};

export const bytesField = (field: number, bytes: Uint8Array): Uint8Array => {
  const head: number[] = [];
  writeVarint(head, field * 8 + LENGTH_DELIMITED);
  writeVarint(head, bytes.length);
  return concat([Uint8Array.from(head), bytes]);
};

export const textField = (field: number, text: string): Uint8Array => bytesField(field, new TextEncoder().encode(text));

export const messageField = (field: number, ...fields: readonly Uint8Array[]): Uint8Array =>
  bytesField(field, concat(fields));

export const packedIntsField = (field: number, values: ArrayLike<number>): Uint8Array => {
  let length = 0;
  for (let index = 0; index < values.length; index++) length += varintLength(values[index]!);
  // Written in place: a forest has millions of them.
  const out = new Uint8Array(length);
  let at = 0;
  for (let index = 0; index < values.length; index++) {
    let rest = values[index]!;
    for (; rest > 127; rest = Math.floor(rest / 128)) out[at++] = (rest % 128) | 128;
    out[at++] = rest;
  }
  return bytesField(field, out);
};

const varintLength = (value: number): number => {
  let length = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) length++;
  return length;
};

/** Little-endian whatever the machine, as protobuf and ONNX's `raw_data` want it. */
export const float32Bytes = (values: ArrayLike<number>): Uint8Array => {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  for (let index = 0; index < values.length; index++) view.setFloat32(index * 4, values[index]!, true);
  return new Uint8Array(view.buffer);
};

export const float64Bytes = (values: ArrayLike<number>): Uint8Array => {
  const view = new DataView(new ArrayBuffer(values.length * 8));
  for (let index = 0; index < values.length; index++) view.setFloat64(index * 8, values[index]!, true);
  return new Uint8Array(view.buffer);
};

/** Whole numbers only. */
export const int64Bytes = (values: ArrayLike<number>): Uint8Array => {
  const view = new DataView(new ArrayBuffer(values.length * 8));
  for (let index = 0; index < values.length; index++) view.setBigInt64(index * 8, BigInt(values[index]!), true);
  return new Uint8Array(view.buffer);
};
