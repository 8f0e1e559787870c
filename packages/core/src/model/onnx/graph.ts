import {
  bytesField,
  concat,
  float32Bytes,
  float64Bytes,
  int64Bytes,
  intField,
  messageField,
  packedIntsField,
  textField,
} from "./protobuf.ts";

/** Pieces of an ONNX file. Field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. */
export type Piece = Uint8Array;

/** TensorProto.DataType */
const FLOAT = 1;
const UINT8 = 2;
const INT64 = 7;
const DOUBLE = 11;
/** AttributeProto.AttributeType */
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_TENSOR = 4;
const ATTRIBUTE_INTS = 7;

const tensor = (name: string, dims: readonly number[], dataType: number, raw: Uint8Array): Piece =>
  concat([...dims.map((dim) => intField(1, dim)), intField(2, dataType), textField(8, name), bytesField(9, raw)]);
export const floatTensor = (name: string, dims: readonly number[], values: ArrayLike<number>): Piece =>
  tensor(name, dims, FLOAT, float32Bytes(values));
export const byteTensor = (name: string, values: Uint8Array): Piece => tensor(name, [values.length], UINT8, values);

export const doubleTensor = (name: string, dims: readonly number[], values: ArrayLike<number>): Piece =>
  tensor(name, dims, DOUBLE, float64Bytes(values));
/** Whole numbers: axes, starts, ends, counts, and shapes, where −1 is whatever is left. */
export const int64Tensor = (name: string, values: readonly number[]): Piece =>
  tensor(name, [values.length], INT64, int64Bytes(values));

export const intAttribute = (name: string, value: number): Piece =>
  concat([textField(1, name), intField(3, value), intField(20, ATTRIBUTE_INT)]);
export const intsAttribute = (name: string, values: ArrayLike<number>): Piece =>
  concat([textField(1, name), packedIntsField(8, values), intField(20, ATTRIBUTE_INTS)]);
export const tensorAttribute = (name: string, value: Piece): Piece =>
  concat([textField(1, name), bytesField(5, value), intField(20, ATTRIBUTE_TENSOR)]);

/** Attributes of a Cast node: to which type. */
export const CAST_TO_FLOAT = [intAttribute("to", FLOAT)];
export const CAST_TO_DOUBLE = [intAttribute("to", DOUBLE)];

export type NodeSpec = {
  operator: string;
  inputs: readonly string[];
  output: string;
  /** Further outputs that the operator insists on. */
  moreOutputs?: readonly string[];
  attributes?: readonly Piece[];
  domain?: string;
};
export const node = ({ operator, inputs, output, moreOutputs = [], attributes = [], domain = "" }: NodeSpec): Piece =>
  concat([
    ...inputs.map((input) => textField(1, input)),
    ...[output, ...moreOutputs].map((name) => textField(2, name)),
    textField(3, output),
    textField(4, operator),
    ...attributes.map((attribute) => bytesField(5, attribute)),
    textField(7, domain),
  ]);

/** A float32 matrix with as many rows as the caller brings. */
const matrix = (name: string, columns: number): Piece => {
  const shape = messageField(2, messageField(1, textField(2, "rows")), messageField(1, intField(1, columns)));
  return concat([textField(1, name), messageField(2, messageField(1, intField(1, FLOAT), shape))]);
};

/** IR 10 is what opset 21 came with (ONNX 1.16), which also brought version 5 of the tree operators. */
const IR_VERSION = 10;
const OPSET = 21;
const ML_OPSET = 5;
export const ML_DOMAIN = "ai.onnx.ml";

export type GraphSpec = {
  name: string;
  nodes: readonly Piece[];
  initializers: readonly Piece[];
  input: { name: string; columns: number };
  /** The score first. */
  outputs: readonly { name: string; columns: number }[];
};
/** A complete ONNX file with one float32 matrix in and one or more out. */
export const modelFile = (graph: GraphSpec): Uint8Array =>
  concat([
    intField(1, IR_VERSION),
    textField(2, "tidewatch"),
    messageField(
      7,
      ...graph.nodes.map((piece) => bytesField(1, piece)),
      textField(2, graph.name),
      ...graph.initializers.map((piece) => bytesField(5, piece)),
      bytesField(11, matrix(graph.input.name, graph.input.columns)),
      ...graph.outputs.map(({ name, columns }) => bytesField(12, matrix(name, columns))),
    ),
    messageField(8, textField(1, ""), intField(2, OPSET)),
    messageField(8, textField(1, ML_DOMAIN), intField(2, ML_OPSET)),
  ]);
