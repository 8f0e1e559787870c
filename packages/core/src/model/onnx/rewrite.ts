import type { Scaling } from "../scaling.ts";
import { ModelOutput } from "../scorer.ts";
import {
  CAST_TO_DOUBLE,
  CAST_TO_FLOAT,
  doubleTensor,
  floatTensor,
  int64Tensor,
  intAttribute,
  node,
  type Piece,
} from "./graph.ts";
import type { ModelInput } from "./input.ts";
import { bytesField, concat, intField, messageField, textField } from "./protobuf.ts";
import { type OnnxModel, RESERVED_PREFIX } from "./read-model.ts";
import { ElementType } from "./read-value.ts";
import { type Renaming, renameNode, renameTensor } from "./rename.ts";
import type { Reading } from "./signature.ts";

export type RewritePlan = {
  input: ModelInput;
  reading: Reading;
  /** Outputs that are kept as they are, one column per feature. */
  extras: readonly string[];
  featureCount: number;
  shingleSize: number;
  /** Undone in the graph, in doubles, for a model that takes values as they are. Absent: it takes scaled ones. */
  undo?: readonly Scaling[] | undefined;
};

/** From this on initialisers need not be inputs. */
const IR_VERSION_MIN = 4;
/** For files of tree operators alone, which name no version of the others. */
const OPSET = 17;
/** Names of the input and the outputs that all models in the registry have. */
const ROWS = "rows";
const SCORES = "scores";
const OWN_NAMES = [ROWS, SCORES, ...Object.values(ModelOutput)];
/** Keeps the logarithm of a perfect reconstruction finite. In squared units of the scaling. */
const LEAST_ERROR = 1e-12;

const own = (name: string): string => `${RESERVED_PREFIX}${name}`;
const op = (operator: string, inputs: readonly string[], output: string, attributes: readonly Piece[] = []): Piece =>
  node({ operator, inputs, output, attributes });

/**
 * The model as all others in the registry are: takes `rows` (float32, N × columns), gives `scores` (N × 1, higher is
 * stranger), and `contributions` (N × features) of a reconstruction or where the model has them. The model's own operators
 * and weights stay as they are, byte for byte, but for names that would collide, and for what no output needs any more.
 *
 * The score of a reconstruction is ln(mean squared error), in units of the scaling: the calibration's exponential tail is
 * then a power law of the error, the cautious choice.
 */
export const rewriteModel = (model: OnnxModel, plan: RewritePlan): Uint8Array => {
  const names: Renaming = new Map(OWN_NAMES.map((name) => [name, own(`model/${name}`)]));
  const before = takeRows(plan, names.get(plan.input.name) ?? plan.input.name);
  const after = giveScores(plan, names.get(plan.reading.tensor) ?? plan.reading.tensor);
  const last = finalScores(model);
  const nodes = model.nodes
    .filter(({ operator }) => operator !== "ZipMap")
    .map(({ bytes }) => renameNode(bytes, names));
  const weights = model.initializers.map(({ name, bytes }) => renameTensor(bytes, name, names));
  const extras = plan.extras.map((name) => op("Cast", [names.get(name)!], name, CAST_TO_FLOAT));
  const perFeature = plan.reading.kind === "reconstruction" ? [ModelOutput.contributions] : plan.extras;
  const outputs = [matrix(SCORES, 1), ...perFeature.map((name) => matrix(name, plan.featureCount))];
  return concat([
    intField(1, Math.max(model.irVersion, IR_VERSION_MIN)),
    textField(2, "tidewatch"),
    messageField(
      7,
      ...[...before.nodes, ...nodes, ...after.nodes, ...last.nodes, ...extras].map((bytes) => bytesField(1, bytes)),
      textField(2, "imported"),
      ...[...before.weights, ...weights, ...after.weights, ...last.weights].map((bytes) => bytesField(5, bytes)),
      bytesField(11, matrix(ROWS, columnsOf(plan))),
      ...outputs.map((bytes) => bytesField(12, bytes)),
      ...model.sparseInitializers.map((bytes) => bytesField(15, bytes)),
    ),
    ...opsetsOf(model).map(([domain, version]) => messageField(8, textField(1, domain), intField(2, version))),
    ...model.functions.map((bytes) => bytesField(25, bytes)),
  ]);
};

const opsetsOf = ({ opsets }: OnnxModel): (readonly [string, number])[] =>
  opsets.has("") ? [...opsets] : [["", OPSET], ...opsets];

const columnsOf = ({ featureCount, shingleSize }: RewritePlan): number => featureCount * shingleSize;

type Part = { nodes: Piece[]; weights: Piece[] };

const TAKEN = own("taken");

/** From the scaled float32 rows to what the model takes, under the name that it has for it. */
const takeRows = (plan: RewritePlan, input: string): Part => {
  const { undo, shingleSize, featureCount } = plan;
  const weights: Piece[] = [];
  const nodes = [op("Cast", [ROWS], own("double"), CAST_TO_DOUBLE)];
  if (undo) {
    const [scales, centers] = [undo.map(({ scale }) => scale), undo.map(({ center }) => center)];
    weights.push(perColumn(own("scale"), plan, scales), perColumn(own("center"), plan, centers));
    nodes.push(op("Mul", [own("double"), own("scale")], own("stretched")));
    nodes.push(op("Add", [own("stretched"), own("center")], own("unscaled")));
  }
  const toInput = plan.input.elementType === ElementType.double ? CAST_TO_DOUBLE : CAST_TO_FLOAT;
  nodes.push(op("Cast", [undo ? own("unscaled") : own("double")], TAKEN, toInput));
  if (!plan.input.isSequence) return { weights, nodes: [...nodes, op("Identity", [TAKEN], input)] };
  // 0 keeps the number of rows.
  weights.push(int64Tensor(own("sequence"), [0, shingleSize, featureCount]));
  return { weights, nodes: [...nodes, op("Reshape", [TAKEN, own("sequence")], input)] };
};

/** From what the model gives to one score a row. */
const giveScores = (plan: RewritePlan, given: string): Part => {
  const { reading } = plan;
  if (reading.kind === "reconstruction") return giveErrors(plan, given);
  const nodes: Piece[] = [];
  const weights = [int64Tensor(own("column"), [-1, 1])];
  let last = given;
  if (reading.kind === "probabilities") {
    weights.push(int64Tensor(own("class"), [reading.column]));
    nodes.push(op("Gather", [given, own("class")], own("chosen"), [AXIS_1]));
    last = own("chosen");
  }
  if (reading.sign < 0) {
    nodes.push(op("Neg", [last], own("turned")));
    last = own("turned");
  }
  nodes.push(op("Reshape", [last, own("column")], own("score")));
  return { weights, nodes };
};

/** From here on there are IsNaN and Where. */
const NAN_OPSET = 9;
/**
 * What the scores are when the model has no number for a row: as strange as can be. Rows are finite, so that it has met a
 * value too large for it.
 */
export const NO_NUMBER = 3.4028234663852886e38;

/** To float32, without NaN. */
const finalScores = ({ opsets }: OnnxModel): Part => {
  if ((opsets.get("") ?? OPSET) < NAN_OPSET) {
    return { weights: [], nodes: [op("Cast", [own("score")], SCORES, CAST_TO_FLOAT)] };
  }
  return {
    weights: [floatTensor(own("strangest"), [1], [NO_NUMBER])],
    nodes: [
      op("Cast", [own("score")], own("score/float"), CAST_TO_FLOAT),
      op("IsNaN", [own("score/float")], own("score/none")),
      op("Where", [own("score/none"), own("strangest"), own("score/float")], SCORES),
    ],
  };
};

const giveErrors = (plan: RewritePlan, given: string): Part => {
  const { undo, featureCount, shingleSize } = plan;
  const columns = columnsOf(plan);
  const units = Array.from({ length: featureCount }, (_, feature) => 1 / (undo?.[feature]?.scale ?? 1));
  // One column per feature, which gathers the feature's columns.
  const gather = Array.from({ length: columns * featureCount }, (_, at) =>
    Math.floor(at / featureCount) % featureCount === at % featureCount ? 1 / shingleSize : 0,
  );
  return {
    weights: [
      int64Tensor(own("matrix"), [-1, columns]),
      perColumn(own("units"), plan, units),
      doubleTensor(own("mean"), [columns, 1], new Array<number>(columns).fill(1 / columns)),
      doubleTensor(own("gather"), [columns, featureCount], gather),
      doubleTensor(own("least"), [1], [LEAST_ERROR]),
    ],
    nodes: [
      op("Reshape", [given, own("matrix")], own("flat")),
      op("Cast", [own("flat")], own("rebuilt"), CAST_TO_DOUBLE),
      op("Cast", [TAKEN], own("original"), CAST_TO_DOUBLE),
      op("Sub", [own("rebuilt"), own("original")], own("difference")),
      op("Mul", [own("difference"), own("units")], own("error")),
      op("Mul", [own("error"), own("error")], own("square")),
      op("MatMul", [own("square"), own("mean")], own("error/mean")),
      op("Add", [own("error/mean"), own("least")], own("error/positive")),
      op("Log", [own("error/positive")], own("score")),
      op("MatMul", [own("square"), own("gather")], own("error/feature")),
      op("Cast", [own("error/feature")], ModelOutput.contributions, CAST_TO_FLOAT),
    ],
  };
};

const AXIS_1 = intAttribute("axis", 1);

/** A value per feature, repeated for each row of the shingle. */
const perColumn = (name: string, { featureCount, shingleSize }: RewritePlan, values: readonly number[]): Piece =>
  doubleTensor(
    name,
    [1, featureCount * shingleSize],
    Array.from({ length: featureCount * shingleSize }, (_, column) => values[column % featureCount]!),
  );

/** A float32 matrix with as many rows as the caller brings. */
const matrix = (name: string, columns: number): Piece => {
  const shape = messageField(2, messageField(1, textField(2, "rows")), messageField(1, intField(1, columns)));
  return concat([textField(1, name), messageField(2, messageField(1, intField(1, ElementType.float), shape))]);
};
