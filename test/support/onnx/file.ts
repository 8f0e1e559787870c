import {
  bytesField,
  concat,
  float32Bytes,
  intField,
  messageField,
  packedIntsField,
  textField,
} from "@tidewatch/core/model/onnx/protobuf";

/** Any ONNX file, well-formed or not, piece by piece: what exporters write, which the product's own writer does not. */
export type Part = Uint8Array;
const fixed32 = (field: number, value: number): Part => concat([Uint8Array.of(field * 8 + 5), float32Bytes([value])]);
/** Two's complement, as −1 is written. */
export const signedField = (field: number, value: number): Part => {
  if (value >= 0) return intField(field, value);
  const out: number[] = [];
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
    if (rest < 128n) return concat([intField(field, 0).subarray(0, -1), Uint8Array.of(...out, Number(rest))]);
    out.push(Number(rest & 127n) | 128);
  }
};

export const attribute = {
  int: (name: string, value: number) => concat([textField(1, name), signedField(3, value), intField(20, 2)]),
  text: (name: string, value: string) => concat([textField(1, name), textField(4, value), intField(20, 3)]),
  graph: (name: string, value: Part) => concat([textField(1, name), bytesField(6, value), intField(20, 5)]),
  tensor: (name: string, value: Part) => concat([textField(1, name), bytesField(5, value), intField(20, 4)]),
  /** Not packed, as Python's onnx writes them. */
  floats: (name: string, values: readonly number[]) =>
    concat([textField(1, name), ...values.map((value) => fixed32(7, value)), intField(20, 6)]),
  ints: (name: string, values: readonly number[]) =>
    concat([textField(1, name), ...values.map((value) => signedField(8, value)), intField(20, 7)]),
  packedInts: (name: string, values: readonly number[]) =>
    concat([textField(1, name), packedIntsField(8, values), intField(20, 7)]),
  texts: (name: string, values: readonly string[]) =>
    concat([textField(1, name), ...values.map((value) => textField(9, value)), intField(20, 8)]),
};

export type Type = "float" | "double" | "int64" | "string" | "bool";
const ELEMENT: Record<Type, number> = { float: 1, double: 11, int64: 7, string: 8, bool: 9 };
export const boolTensor = (name: string, value: boolean): Part =>
  concat([intField(2, ELEMENT.bool), textField(8, name), bytesField(9, Uint8Array.of(value ? 1 : 0))]);

/** A number, `undefined` for a dimension without a size, a name for one that the caller decides. */
export const tensorValue = (name: string, type: Type, shape?: readonly (number | string | undefined)[]): Part => {
  const dims = shape?.map((dim) => {
    if (dim === undefined) return messageField(1);
    return messageField(1, typeof dim === "number" ? intField(1, dim) : textField(2, dim));
  });
  const parts = [intField(1, ELEMENT[type]), ...(dims ? [messageField(2, ...dims)] : [])];
  return concat([textField(1, name), messageField(2, messageField(1, ...parts))]);
};
/** sequence<map<key, float>> */
export const mapsValue = (name: string, key: "int64" | "string"): Part => {
  const map = messageField(5, intField(1, ELEMENT[key]), messageField(2, messageField(1, intField(1, ELEMENT.float))));
  return concat([textField(1, name), messageField(2, messageField(4, messageField(1, map)))]);
};

export type GraphSpec = {
  nodes: readonly Part[];
  inputs: readonly Part[];
  outputs: readonly Part[];
  initializers?: readonly Part[];
  /** Further fields. */
  moreInGraph?: readonly Part[];
};
export const graphPart = (spec: GraphSpec): Part =>
  concat([
    ...spec.nodes.map((part) => bytesField(1, part)),
    textField(2, "graph"),
    ...(spec.initializers ?? []).map((part) => bytesField(5, part)),
    ...spec.inputs.map((part) => bytesField(11, part)),
    ...spec.outputs.map((part) => bytesField(12, part)),
    ...(spec.moreInGraph ?? []),
  ]);

export type FileSpec = GraphSpec & {
  irVersion?: number;
  producer?: string;
  opsets?: Readonly<Record<string, number>>;
  /** Further fields. */
  more?: readonly Part[];
};
export const onnxFile = (spec: FileSpec): Part =>
  concat([
    intField(1, spec.irVersion ?? 8),
    textField(2, spec.producer ?? "skl2onnx"),
    textField(3, "1.17.0"),
    bytesField(7, graphPart(spec)),
    ...Object.entries(spec.opsets ?? { "": 17, "ai.onnx.ml": 3 }).map(([domain, version]) =>
      messageField(8, textField(1, domain), signedField(2, version)),
    ),
    ...(spec.more ?? []),
  ]);
