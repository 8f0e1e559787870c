import { bytesOf, damaged, type Range, textOf, visitFields, wholeOf } from "./fields.ts";
import { classLabels, type Label, visitAttribute, visitSparseTensor } from "./read-attribute.ts";
import { readValue, type Value } from "./read-value.ts";

/**
 * What an import has to know of an ONNX file, read without trust. Weights stay where they are: `bytes` are views of the
 * file. Field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 */
export type OnnxModel = {
  irVersion: number;
  producer: string;
  /** Versions of the operator sets; `""` is ai.onnx. */
  opsets: ReadonlyMap<string, number>;
  nodes: readonly OnnxNode[];
  initializers: readonly Named[];
  sparseInitializers: readonly Uint8Array[];
  inputs: readonly Value[];
  outputs: readonly Value[];
  /** Functions that the file brings along, whole. */
  functions: readonly Uint8Array[];
  facts: Facts;
};
export type OnnxNode = {
  operator: string;
  domain: string;
  inputs: readonly string[];
  outputs: readonly string[];
  /** Of classifiers and ZipMap: what the columns of the probabilities stand for. */
  labels: readonly Label[] | undefined;
  bytes: Uint8Array;
};
type Named = { name: string; bytes: Uint8Array };
/** Collected over the graph, the graphs within it (If, Loop, Scan) and the functions. */
type Facts = {
  /** `domain` of every operator used, with one operator of it. */
  domains: Map<string, string>;
  /** Domains for which the file brings functions along. */
  ownDomains: Set<string>;
  /** Tensors whose values are in another file. */
  external: string[];
  /** Names that this import keeps for itself. */
  reserved: string[];
  nodes: number;
  /** Named things, and what else a small file could hold very many of. */
  parts: number;
};

/** Prefix of the names that an import adds to a graph. */
export const RESERVED_PREFIX = "tidewatch/";
/** A thousand trees of an isolation forest as scikit-learn exports them are 25,000. */
const NODES_MAX = 100_000;
/** Keeps a file of nothing but empty names from filling the memory; each takes two bytes there. */
const PARTS_MAX = 1_000_000;
/** Graphs within graphs; exports have two or three. */
const DEPTH_MAX = 16;

/** @throws AppError VALIDATION for whatever is no ONNX file */
export const readModel = (file: Uint8Array): OnnxModel => {
  const facts: Facts = { domains: new Map(), ownDomains: new Set(), external: [], reserved: [], nodes: 0, parts: 0 };
  const head = { irVersion: 0, producer: "" };
  const opsets = new Map<string, number>();
  const functions: Uint8Array[] = [];
  let graph: Graph | undefined;
  visitFields(wholeOf(file), (field, number, content) => {
    if (field === 1) head.irVersion = number;
    if (field === 2) head.producer = textOf(content);
    if (field === 7) graph = readGraph(content, facts, 0);
    if (field === 8) readOpset(content, opsets);
    if (field !== 25) return;
    countPart(facts);
    readFunction(content, facts);
    functions.push(bytesOf(content));
  });
  if (!graph) throw damaged("it holds no graph");
  return { ...head, ...graph, opsets, functions, facts };
};

type Graph = Pick<OnnxModel, "nodes" | "initializers" | "sparseInitializers" | "inputs" | "outputs">;

const readGraph = (range: Range, facts: Facts, depth: number): Graph => {
  if (depth > DEPTH_MAX) throw damaged(`graphs lie within graphs, more than ${DEPTH_MAX} deep`);
  const nodes: OnnxNode[] = [];
  const initializers: Named[] = [];
  const sparseInitializers: Uint8Array[] = [];
  const inputs: Value[] = [];
  const outputs: Value[] = [];
  visitFields(range, (field, _number, content) => {
    if (field === 1) nodes.push(readNode(content, facts, depth));
    if (field === 5) initializers.push({ name: noteName(readTensor(content, facts), facts), bytes: bytesOf(content) });
    if (field === 11) inputs.push(noteValue(readValue(content), facts));
    if (field === 12) outputs.push(noteValue(readValue(content), facts));
    if (field !== 15) return;
    countPart(facts);
    visitSparseTensor(content, (tensor) => void readTensor(tensor, facts));
    sparseInitializers.push(bytesOf(content));
  });
  return { nodes, initializers, sparseInitializers, inputs, outputs };
};

const readNode = (range: Range, facts: Facts, depth: number): OnnxNode => {
  if (++facts.nodes > NODES_MAX) throw damaged(`it has more than ${NODES_MAX} operators`);
  const node = { operator: "", domain: "" };
  const inputs: string[] = [];
  const outputs: string[] = [];
  let labels: readonly Label[] | undefined;
  visitFields(range, (field, _number, content) => {
    if (field === 1) inputs.push(noteName(textOf(content), facts));
    if (field === 2) outputs.push(noteName(textOf(content), facts));
    if (field === 4) node.operator = textOf(content);
    if (field === 7) node.domain = domainOf(content);
    if (field !== 5) return;
    readAttribute(content, facts, depth);
    labels = classLabels(content) ?? labels;
  });
  facts.domains.set(node.domain, node.operator);
  return { ...node, inputs, outputs, labels, bytes: bytesOf(range) };
};

const readAttribute = (range: Range, facts: Facts, depth: number): void =>
  visitAttribute(range, {
    tensor: (tensor) => void readTensor(tensor, facts),
    graph: (graph) => void readGraph(graph, facts, depth + 1),
  });

/** Gives the tensor's name. */
const readTensor = (range: Range, facts: Facts): string => {
  let name = "";
  let isExternal = false;
  visitFields(range, (field, number, content) => {
    if (field === 8) name = textOf(content);
    // `external_data`, and `data_location` EXTERNAL.
    if (field === 13 || (field === 14 && number === 1)) isExternal = true;
  });
  if (isExternal) facts.external.push(name);
  return name;
};

const readOpset = (range: Range, to: Map<string, number>): void => {
  const opset = { domain: "", version: 0 };
  visitFields(range, (field, number, content) => {
    if (field === 1) opset.domain = domainOf(content);
    if (field === 2) opset.version = number;
  });
  to.set(opset.domain, opset.version);
};

const readFunction = (range: Range, facts: Facts): void =>
  visitFields(range, (field, _number, content) => {
    if (field === 7) readNode(content, facts, 0);
    if (field === 10) facts.ownDomains.add(domainOf(content));
    // `attribute_proto`: attributes with a default, which may be a tensor or a graph.
    if (field !== 11) return;
    countPart(facts);
    readAttribute(content, facts, 0);
  });

/** The default operators' domain has two spellings. */
const domainOf = (range: Range): string => {
  const domain = textOf(range);
  return domain === "ai.onnx" ? "" : domain;
};

const countPart = (facts: Facts): void => {
  if (++facts.parts > PARTS_MAX) throw damaged(`it has more than ${PARTS_MAX} parts`);
};

const noteValue = (value: Value, facts: Facts): Value => {
  noteName(value.name, facts);
  return value;
};

const noteName = (name: string, facts: Facts): string => {
  countPart(facts);
  if (name.startsWith(RESERVED_PREFIX)) facts.reserved.push(name);
  return name;
};
