import { doubleTensor, floatTensor, int64Tensor, ML_DOMAIN, node } from "@tidewatch/core/model/onnx/graph";
import { attribute, mapsValue, onnxFile, type Part, tensorValue } from "./file.ts";

/** Files as skl2onnx writes them: the same operators, attributes, names and types, with weights that a test can follow. */

const ml = (operator: string, inputs: string[], outputs: string[], attributes: Part[]): Part =>
  node({ operator, inputs, output: outputs[0]!, moreOutputs: outputs.slice(1), attributes, domain: ML_DOMAIN });
const plain = (operator: string, inputs: string[], output: string, attributes: Part[] = []): Part =>
  node({ operator, inputs, output, attributes });

export type ClassifierSpec = {
  columns: number;
  labels: readonly number[] | readonly string[];
  /** `zipmap` True (the default of skl2onnx), False, or "columns". */
  zipMap: boolean | "columns";
  /** P(the last class) on both sides of feature 0's threshold. */
  threshold: number;
  below: number;
  above: number;
  /** StandardScaler before it. */
  scaler?: { mean: readonly number[]; scale: readonly number[] };
  inputType?: "float" | "double";
  /** Bytes of weights that nothing uses. */
  padding?: number;
};

/** `make_pipeline(StandardScaler(), DecisionTreeClassifier(max_depth=1))` */
export const sklearnClassifier = (spec: ClassifierSpec): Part => {
  const { columns, labels, threshold, below, above, scaler, padding } = spec;
  const initializers = padding ? [floatTensor("padding", [padding / 4], new Float32Array(padding / 4))] : [];
  const isText = typeof labels[0] === "string";
  const classes = isText
    ? attribute.texts("classlabels_strings", labels as string[])
    : attribute.ints("classlabels_int64s", labels as number[]);
  const others = labels.length - 1;
  const weights = [below, above].flatMap((p) => labels.map((_, at) => (at === others ? p : (1 - p) / others)));
  const tree = ml(
    "TreeEnsembleClassifier",
    [scaler ? "variable" : "X"],
    ["label", "probabilities"],
    [
      attribute.ints(
        "class_ids",
        [...labels, ...labels].map((_, at) => at % labels.length),
      ),
      attribute.ints("class_nodeids", [...labels.map(() => 1), ...labels.map(() => 2)]),
      attribute.ints(
        "class_treeids",
        [...labels, ...labels].map(() => 0),
      ),
      attribute.floats("class_weights", weights),
      classes,
      attribute.ints("nodes_falsenodeids", [2, 0, 0]),
      attribute.ints("nodes_featureids", [0, 0, 0]),
      attribute.floats("nodes_hitrates", [1, 1, 1]),
      attribute.ints("nodes_missing_value_tracks_true", [0, 0, 0]),
      attribute.texts("nodes_modes", ["BRANCH_LEQ", "LEAF", "LEAF"]),
      attribute.ints("nodes_nodeids", [0, 1, 2]),
      attribute.ints("nodes_treeids", [0, 0, 0]),
      attribute.ints("nodes_truenodeids", [1, 0, 0]),
      attribute.floats("nodes_values", [threshold, 0, 0]),
      attribute.text("post_transform", "NONE"),
    ],
  );
  const scale = scaler
    ? [
        ml(
          "Scaler",
          ["X"],
          ["variable"],
          [
            attribute.floats("offset", scaler.mean),
            attribute.floats(
              "scale",
              scaler.scale.map((sd) => 1 / sd),
            ),
          ],
        ),
      ]
    : [];
  const label = isText
    ? plain("Identity", ["label"], "output_label")
    : plain("Cast", ["label"], "output_label", [attribute.int("to", 7)]);
  const labelOutput = (name: string) => tensorValue(name, isText ? "string" : "int64", [undefined]);
  const inputs = [tensorValue("X", spec.inputType ?? "float", [undefined, columns])];
  if (spec.zipMap === false) {
    const outputs = [labelOutput("label"), tensorValue("probabilities", "float", [undefined, labels.length])];
    return onnxFile({ nodes: [...scale, tree], initializers, inputs, outputs });
  }
  if (spec.zipMap === true) {
    const zip = ml("ZipMap", ["probabilities"], ["output_probability"], [classes]);
    const outputs = [labelOutput("output_label"), mapsValue("output_probability", isText ? "string" : "int64")];
    return onnxFile({ nodes: [...scale, tree, label, zip], initializers, inputs, outputs });
  }
  const slices = labels.flatMap((name, at) => [
    plain("Slice", ["probabilities", `from${at}`, `to${at}`, "axes"], `i${name}_flat`),
    plain("Reshape", [`i${name}_flat`, "flat"], `i${name}`),
  ]);
  const bounds = labels.flatMap((_, at) => [int64Tensor(`from${at}`, [at]), int64Tensor(`to${at}`, [at + 1])]);
  return onnxFile({
    nodes: [...scale, tree, label, ...slices],
    initializers: [...bounds, int64Tensor("axes", [1]), int64Tensor("flat", [-1])],
    inputs,
    outputs: [labelOutput("output_label"), ...labels.map((name) => tensorValue(`i${name}`, "float", [undefined]))],
  });
};

/** `LinearRegression`, or an SVR with a linear kernel: one column named `variable`. */
export const sklearnRegressor = (coefficients: readonly number[], intercept: number): Part =>
  onnxFile({
    nodes: [
      ml(
        "LinearRegressor",
        ["X"],
        ["variable"],
        [attribute.floats("coefficients", coefficients), attribute.floats("intercepts", [intercept])],
      ),
    ],
    inputs: [tensorValue("X", "float", [undefined, coefficients.length])],
    outputs: [tensorValue("variable", "float", [undefined, 1])],
  });

/** `LogisticRegression`: the classifier's probabilities go through a Normalizer, and the graph's doubles stay doubles. */
export const sklearnLogistic = (coefficients: readonly number[], intercept: number, zipMap: boolean): Part => {
  const classes = attribute.ints("classlabels_ints", [0, 1]);
  const linear = ml(
    "LinearClassifier",
    ["X"],
    ["label", "probability_tensor"],
    [
      classes,
      attribute.floats("coefficients", [...coefficients.map((value) => -value), ...coefficients]),
      attribute.floats("intercepts", [-intercept, intercept]),
      attribute.int("multi_class", 1),
      attribute.text("post_transform", "LOGISTIC"),
    ],
  );
  const normalizer = ml("Normalizer", ["probability_tensor"], ["probabilities"], [attribute.text("norm", "L1")]);
  const cast = plain("Cast", ["label"], "output_label", [attribute.int("to", 7)]);
  const zip = ml("ZipMap", ["probabilities"], ["output_probability"], [attribute.ints("classlabels_int64s", [0, 1])]);
  const probabilities = zipMap
    ? mapsValue("output_probability", "int64")
    : tensorValue("probabilities", "float", [undefined, 2]);
  return onnxFile({
    nodes: [linear, normalizer, cast, ...(zipMap ? [zip] : [])],
    inputs: [tensorValue("X", "float", [undefined, coefficients.length])],
    outputs: [tensorValue("output_label", "int64", [undefined]), probabilities],
  });
};

/** A tree of scikit-learn: arrays over its nodes; `feature` −1 is a leaf. */
export type SklearnTree = { feature: number[]; threshold: number[]; left: number[]; right: number[]; rows: number[] };

/** `IsolationForest`, with all that skl2onnx makes of it: per tree the leaf, from there its depth and its rows. */
export const sklearnIsolationForest = (trees: readonly SklearnTree[], columns: number, averagePath: number): Part => {
  const initializers = [
    floatTensor("one", [1], [1]),
    floatTensor("two", [1], [2]),
    floatTensor("zero", [1], [0]),
    floatTensor("minus_one", [1], [-1]),
    floatTensor("minus_two", [1], [-2]),
    floatTensor("gamma", [1], [0.577_215_664_901_532_9]),
    floatTensor("paths", [1], [trees.length * averagePath]),
    floatTensor("offset", [1], [0.5]),
    int64Tensor("column", [-1, 1]),
    int64Tensor("int_two", [-2]),
    int64Tensor("int_one", [1]),
    int64Tensor(
      "features",
      Array.from({ length: columns }, (_, at) => at),
    ),
  ];
  const nodes = trees.flatMap((tree, at) => treeNodes(tree, at));
  nodes.push(
    plain(
      "Sum",
      trees.map((_, at) => `depth${at}`),
      "depths",
    ),
    plain("Div", ["depths", "paths"], "relative"),
    plain("Neg", ["relative"], "minus"),
    plain("Pow", ["two", "minus"], "power"),
    plain("Neg", ["power"], "minus_power"),
    plain("Add", ["minus_power", "offset"], "scores"),
    plain("Less", ["scores", "zero"], "less"),
    plain("Cast", ["less"], "is_outlier", [attribute.int("to", 7)]),
    plain("Mul", ["is_outlier", "int_two"], "twice"),
    plain("Add", ["twice", "int_one"], "label"),
  );
  return onnxFile({
    nodes,
    initializers,
    inputs: [tensorValue("X", "float", [undefined, columns])],
    outputs: [tensorValue("label", "int64", [undefined, 1]), tensorValue("scores", "float", [undefined, 1])],
  });
};

const treeNodes = ({ feature, threshold, left, right, rows }: SklearnTree, at: number): Part[] => {
  const leaves = feature.flatMap((value, index) => (value < 0 ? [index] : []));
  const depths = depthsOf(left, right, feature);
  const all = feature.map((_, index) => index);
  const encode = (name: string, values: number[]) => [
    ml(
      "LabelEncoder",
      [`leaf_int${at}`],
      [`${name}_flat${at}`],
      [attribute.ints("keys_int64s", leaves), attribute.floats("values_floats", values)],
    ),
    plain("Reshape", [`${name}_flat${at}`, "column"], `${name}${at}`),
  ];
  return [
    plain("Gather", ["X", "features"], `subset${at}`, [attribute.int("axis", 1)]),
    ml(
      "TreeEnsembleRegressor",
      [`subset${at}`],
      [`leaf${at}`],
      [
        attribute.int("n_targets", 1),
        attribute.ints(
          "nodes_falsenodeids",
          right.map((child) => Math.max(child, 0)),
        ),
        attribute.ints(
          "nodes_featureids",
          feature.map((value) => Math.max(value, 0)),
        ),
        attribute.floats(
          "nodes_hitrates",
          all.map(() => 1),
        ),
        attribute.ints(
          "nodes_missing_value_tracks_true",
          all.map(() => 0),
        ),
        attribute.texts(
          "nodes_modes",
          feature.map((value) => (value < 0 ? "LEAF" : "BRANCH_LEQ")),
        ),
        attribute.ints("nodes_nodeids", all),
        attribute.ints(
          "nodes_treeids",
          all.map(() => 0),
        ),
        attribute.ints(
          "nodes_truenodeids",
          left.map((child) => Math.max(child, 0)),
        ),
        attribute.floats(
          "nodes_values",
          threshold.map((value, index) => (feature[index]! < 0 ? 0 : value)),
        ),
        attribute.text("post_transform", "NONE"),
        attribute.ints(
          "target_ids",
          leaves.map(() => 0),
        ),
        attribute.ints("target_nodeids", leaves),
        attribute.ints(
          "target_treeids",
          leaves.map(() => 0),
        ),
        attribute.floats("target_weights", leaves),
      ],
    ),
    plain("Cast", [`leaf${at}`], `leaf_int${at}`, [attribute.int("to", 7)]),
    ...encode(
      "sample",
      leaves.map((leaf) => rows[leaf]!),
    ),
    ...encode(
      "length",
      leaves.map((leaf) => depths[leaf]!),
    ),
    plain("Equal", [`sample${at}`, "two"], `is_two${at}`),
    plain("Cast", [`is_two${at}`], `eq2${at}`, [attribute.int("to", 1)]),
    plain("Greater", [`sample${at}`, "two"], `is_more${at}`),
    plain("Cast", [`is_more${at}`], `plus2${at}`, [attribute.int("to", 1)]),
    plain("Mul", [`plus2${at}`, `sample${at}`], `many${at}`),
    plain("Add", [`many${at}`, "minus_one"], `fewer${at}`),
    plain("Max", [`fewer${at}`, "one"], `positive${at}`),
    plain("Log", [`positive${at}`], `log${at}`),
    plain("Add", [`log${at}`, "gamma"], `harmonic${at}`),
    plain("Mul", [`harmonic${at}`, "two"], `twice${at}`),
    plain("Max", [`fewer${at}`, "zero"], `above${at}`),
    plain("Max", [`many${at}`, "one"], `divisor${at}`),
    plain("Div", [`above${at}`, `divisor${at}`], `ratio${at}`),
    plain("Mul", [`ratio${at}`, "minus_two"], `less${at}`),
    plain("Add", [`twice${at}`, `less${at}`], `average${at}`),
    plain("Mul", [`average${at}`, `plus2${at}`], `counted${at}`),
    plain("Add", [`eq2${at}`, `counted${at}`], `expected${at}`),
    plain("Add", [`length${at}`, `expected${at}`], `path${at}`),
    plain("Add", [`path${at}`, "minus_one"], `depth${at}`),
  ];
};

/** Nodes on the way to each one, itself included. */
const depthsOf = (left: number[], right: number[], feature: number[]): number[] => {
  const depths = feature.map(() => 1);
  for (const [index, value] of feature.entries()) {
    if (value < 0) continue;
    depths[left[index]!] = depths[index]! + 1;
    depths[right[index]!] = depths[index]! + 1;
  }
  return depths;
};

/** A model that takes doubles, as `to_onnx(model, X64)` makes: the sum of the squares of its columns. */
export const doubleSquares = (columns: number): Part =>
  onnxFile({
    nodes: [plain("Mul", ["X", "X"], "squares"), plain("MatMul", ["squares", "ones"], "sum")],
    initializers: [doubleTensor("ones", [columns, 1], new Array<number>(columns).fill(1))],
    inputs: [tensorValue("X", "double", [undefined, columns])],
    outputs: [tensorValue("sum", "double", [undefined, 1])],
  });
