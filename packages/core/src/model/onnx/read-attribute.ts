import { damaged, numbersOf, type Range, textOf, visitFields } from "./fields.ts";

/** A class of a classifier. */
export type Label = number | string;
/** Nobody tells more classes apart. */
const LABELS_MAX = 10_000;

/** Fields of AttributeProto that hold a tensor (t, tensors; of the sparse ones their parts), and a graph (g, graphs). */
const TENSORS = new Set([5, 10]);
const SPARSE_TENSORS = new Set([22, 23]);
const GRAPHS = new Set([6, 11]);

export type AttributeVisitor = { tensor(tensor: Range): void; graph(graph: Range): void };

export const visitAttribute = (attribute: Range, visitor: AttributeVisitor): void =>
  visitFields(attribute, (field, _number, content) => {
    if (TENSORS.has(field)) visitor.tensor(content);
    if (GRAPHS.has(field)) visitor.graph(content);
    if (SPARSE_TENSORS.has(field)) visitSparseTensor(content, visitor.tensor);
  });

/** SparseTensorProto: its values and their places are tensors. */
export const visitSparseTensor = (sparse: Range, visit: (tensor: Range) => void): void =>
  visitFields(sparse, (field, _number, content) => {
    if (field === 1 || field === 2) visit(content);
  });

/** `classlabels_ints` (linear and support vector classifiers), `classlabels_int64s` (trees, ZipMap), `classlabels_strings`. */
const CLASS_LABELS = /^classlabels_(?:ints|int64s|strings)$/;
const INTS = 8;
const STRINGS = 9;

/** What an attribute says of a classifier's classes, in their order; `undefined` for any other attribute. */
export const classLabels = (attribute: Range): Label[] | undefined => {
  let isLabels = false;
  visitFields(attribute, (field, _number, content) => {
    if (field === 1) isLabels = CLASS_LABELS.test(textOf(content));
  });
  if (!isLabels) return undefined;
  const labels: Label[] = [];
  const add = (label: Label): void => {
    if (labels.length === LABELS_MAX) throw damaged(`a classifier in it has more than ${LABELS_MAX} classes`);
    labels.push(label);
  };
  visitFields(attribute, (field, number, content) => {
    if (field === STRINGS) add(textOf(content));
    if (field === INTS) numbersOf(number, content, add);
  });
  return labels.length > 0 ? labels : undefined;
};
