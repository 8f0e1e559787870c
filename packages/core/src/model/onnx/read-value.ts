import { damaged, type Range, textOf, visitFields } from "./fields.ts";

/** TensorProto.DataType, as far as an import tells them apart. */
export const ElementType = { float: 1, int64: 7, string: 8, double: 11 } as const;

/** An input or output of a graph. `shape`: a number where it is fixed, `undefined` where the caller decides. */
export type Value = {
  name: string;
  type: { kind: "tensor"; elementType: number; shape: readonly (number | undefined)[] | undefined } | { kind: "other" };
};

/** Reads a ValueInfoProto. */
export const readValue = (range: Range): Value => {
  const value: Value = { name: "", type: { kind: "other" } };
  visitFields(range, (field, _number, content) => {
    if (field === 1) value.name = textOf(content);
    if (field === 2) value.type = readType(content);
  });
  return value;
};

/** TypeProto: tensor_type is field 1; sequences, maps, optional and sparse values are the others. */
const readType = (range: Range): Value["type"] => {
  let type: Value["type"] = { kind: "other" };
  visitFields(range, (field, _number, content) => {
    if (field === 1) type = readTensorType(content);
  });
  return type;
};

const readTensorType = (range: Range): Value["type"] => {
  let elementType = 0;
  let shape: (number | undefined)[] | undefined;
  visitFields(range, (field, number, content) => {
    if (field === 1) elementType = number;
    if (field === 2) shape = readShape(content);
  });
  return { kind: "tensor", elementType, shape };
};

/** Models of rows have two or three dimensions. */
const RANK_MAX = 64;

const readShape = (range: Range): (number | undefined)[] => {
  const shape: (number | undefined)[] = [];
  visitFields(range, (field, _number, content) => {
    if (field === 1 && shape.push(readDimension(content)) > RANK_MAX) throw damaged("a shape in it has no end");
  });
  return shape;
};

/** A `dim_value` that is no size means what a `dim_param` does: it is not known. */
const readDimension = (range: Range): number | undefined => {
  let size: number | undefined;
  visitFields(range, (field, number) => {
    if (field === 1 && number > 0) size = number;
  });
  return size;
};
