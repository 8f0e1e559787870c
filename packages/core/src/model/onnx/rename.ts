import { bytesOf, type Range, textOf, visitFields, wholeOf } from "./fields.ts";
import { bytesField, concat, intField, textField } from "./protobuf.ts";

export type Renaming = ReadonlyMap<string, string>;

/**
 * A node with other names for some tensors, within the graphs in its attributes too. Its own name (field 3) is left out:
 * nothing refers to it, and it might be that of a node which the import adds.
 */
export const renameNode = (node: Uint8Array, names: Renaming): Uint8Array => {
  const fields: Uint8Array[] = [];
  // All fields of a node are length-delimited.
  visitFields(wholeOf(node), (field, _number, content) => {
    if (field === 1 || field === 2) fields.push(textField(field, renamed(textOf(content), names)));
    else if (field !== 3)
      fields.push(bytesField(field, field === 5 ? renameAttribute(content, names) : bytesOf(content)));
  });
  return concat(fields);
};

/** The name is field 8. Of a field that is there twice the last one counts: that spares a copy of each part of it. */
export const renameTensor = (tensor: Uint8Array, name: string, names: Renaming): Uint8Array => {
  const other = names.get(name);
  return other === undefined ? tensor : concat([tensor, textField(8, other)]);
};

const renamed = (name: string, names: Renaming): string => names.get(name) ?? name;

/** Attributes without graphs name no tensors; those with graphs hold little else. */
const renameAttribute = (attribute: Range, names: Renaming): Uint8Array => {
  const fields: Uint8Array[] = [];
  let hasGraph = false;
  visitFields(attribute, (field, number, content) => {
    if (field === 20) fields.push(intField(field, number));
    if (field === 1 || field === 13 || field === 21) fields.push(bytesField(field, bytesOf(content)));
    if (field !== 6 && field !== 11) return;
    hasGraph = true;
    fields.push(bytesField(field, renameGraph(content, names)));
  });
  return hasGraph ? concat(fields) : bytesOf(attribute);
};

/** All fields of a graph are length-delimited. Notes on types (value_info, annotations) are left out: they can be inferred. */
const renameGraph = (graph: Range, names: Renaming): Uint8Array => {
  const fields: Uint8Array[] = [];
  visitFields(graph, (field, _number, content) => {
    const bytes = bytesOf(content);
    if (field === 1) fields.push(bytesField(field, renameNode(bytes, names)));
    else if (field === 5) fields.push(bytesField(field, renameTensor(bytes, nameOf(content, 8), names)));
    else if (field === 11 || field === 12) fields.push(bytesField(field, renameValue(content, names)));
    else if (field === 2 || field === 15) fields.push(bytesField(field, bytes));
  });
  return concat(fields);
};

/** The name is field 1. */
const renameValue = (value: Range, names: Renaming): Uint8Array => {
  const other = names.get(nameOf(value, 1));
  return other === undefined ? bytesOf(value) : concat([bytesOf(value), textField(1, other)]);
};

const nameOf = (range: Range, nameField: number): string => {
  let name = "";
  visitFields(range, (field, _number, content) => {
    if (field === nameField) name = textOf(content);
  });
  return name;
};
