/** One tree while and after it grows, as parallel arrays; node 0 is the root. `feature` −1 marks a leaf. */
export type GrownTree = {
  feature: Int32Array;
  /** Rows up to this bin go left. */
  bin: Uint8Array;
  /** 1 where missing values go left. */
  missingLeft: Uint8Array;
  left: Int32Array;
  right: Int32Array;
  /** Of a leaf: the weighted share of anomalous rows. */
  value: Float32Array;
  /** Per feature, by how much its splits lowered the impurity. */
  gains: Float64Array;
};

/** Arrays that nodes are appended to, enlarged by doubling, and used again for the next tree. */
export type Nodes = Omit<GrownTree, "gains"> & { count: number };

const FIRST_CAPACITY = 1024;

export const emptyNodes = (capacity = FIRST_CAPACITY): Nodes => ({
  count: 0,
  feature: new Int32Array(capacity),
  bin: new Uint8Array(capacity),
  missingLeft: new Uint8Array(capacity),
  left: new Int32Array(capacity),
  right: new Int32Array(capacity),
  value: new Float32Array(capacity),
});

/** Appends a leaf and returns its number. */
export const addLeaf = (nodes: Nodes, value: number): number => {
  const node = nodes.count++;
  if (node === nodes.feature.length) enlarge(nodes);
  nodes.feature[node] = -1;
  nodes.value[node] = value;
  // What an earlier tree left here.
  nodes.bin[node] = 0;
  nodes.missingLeft[node] = 0;
  nodes.left[node] = 0;
  nodes.right[node] = 0;
  return node;
};

const enlarge = (nodes: Nodes): void => {
  const larger = emptyNodes(nodes.feature.length * 2);
  larger.feature.set(nodes.feature);
  larger.bin.set(nodes.bin);
  larger.missingLeft.set(nodes.missingLeft);
  larger.left.set(nodes.left);
  larger.right.set(nodes.right);
  larger.value.set(nodes.value);
  Object.assign(nodes, larger, { count: nodes.count });
};

export const treeOf = (nodes: Nodes, gains: Float64Array): GrownTree => ({
  feature: nodes.feature.slice(0, nodes.count),
  bin: nodes.bin.slice(0, nodes.count),
  missingLeft: nodes.missingLeft.slice(0, nodes.count),
  left: nodes.left.slice(0, nodes.count),
  right: nodes.right.slice(0, nodes.count),
  value: nodes.value.slice(0, nodes.count),
  gains,
});
