import { fitLabelledSessions, sessionProbabilities } from "@tidewatch/core/log/session/labelled";
import {
  decisiveTemplate,
  fitSignatures,
  SIGNATURE_PARAMS,
  scoreSignature,
} from "@tidewatch/core/log/session/signature";
import { fitTemplateRules, scoreTemplateRules } from "@tidewatch/core/log/session/template-rules";
import { shuffled } from "./log-data.ts";
import { type Block, type BlockSet, type Outcome, outcomeOf } from "./log-hdfs.ts";

/** A line of the table: what was measured, on what, the figure, and what more there is to say of it. */
export type Row = [measure: string, data: string, figure: string, more: string];

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value / values.length, 0);
const rowOf = (measure: string, data: string, outcomes: readonly Outcome[], more = ""): Row => {
  const lowest = outcomes.length > 1 ? `lowest ${Math.min(...outcomes.map(({ f1 }) => f1)).toFixed(4)}` : "one run";
  const wrong = [
    `false alarms ${mean(outcomes.map(({ falseAlarms }) => falseAlarms)).toFixed(1)}`,
    `missed ${mean(outcomes.map(({ missed }) => missed)).toFixed(1)}`,
  ];
  const f1 = mean(outcomes.map(({ f1: one }) => one)).toFixed(4);
  return [measure, data, `F1 ${f1}`, [lowest, ...wrong, ...(more ? [more] : [])].join(", ")];
};

const ofLabel = (blocks: readonly Block[], label: number): Block[] => blocks.filter((block) => block.label === label);

/** Ten splits: so many normal blocks to learn from, with anomalies at the natural ratio or without; judges the rest. */
export const withoutLabels = (
  data: string,
  { blocks, severe }: BlockSet,
  count: number,
  training: "normal" | "unlabelled",
): Row[] => {
  const among = training === "normal" ? 0 : Math.round((count * 16_838) / 558_223);
  const outcomes = Array.from({ length: 10 }, (_, seed) => {
    const [good, bad] = [shuffled(ofLabel(blocks, 0), seed), shuffled(ofLabel(blocks, 1), seed)];
    const learned = [...good.slice(0, count), ...bad.slice(0, among)].map(({ counts }) => counts);
    const model = fitSignatures(learned, severe, { ...SIGNATURE_PARAMS, training });
    const rules = fitTemplateRules(learned, training);
    const test = [...good.slice(count), ...bad.slice(among)];
    return {
      signatures: outcomeOf(test, (block) => scoreSignature(model, block.counts).isAnomalous),
      rules: outcomeOf(test, (block) => scoreTemplateRules(rules, block.counts).score > 0),
    };
  });
  const learnt = training === "normal" ? "normals only" : "unlabelled";
  return (["signatures", "rules"] as const).map((by) =>
    rowOf(
      `${learnt}, by ${by}`,
      `${data}, ${count} normal blocks`,
      outcomes.map((one) => one[by]),
    ),
  );
};

/** Learns from labelled blocks, judges others. */
const outcomeAfter = async (training: readonly Block[], test: readonly Block[], seed: number, isWeighted = true) => {
  const model = await fitLabelledSessions(
    training.map(({ counts }) => counts),
    Uint8Array.from(training, ({ label }) => label),
    seed,
  );
  const probabilities = sessionProbabilities(
    model,
    test.map(({ counts }) => counts),
  );
  return outcomeOf(test, (_, index) => probabilities[index]! >= 0.5, isWeighted);
};

const inHalves = (blocks: readonly Block[], seed: number, isWeighted = true): Promise<Outcome> => {
  const order = shuffled(blocks, seed);
  const half = order.length >> 1;
  return outcomeAfter(order.slice(0, half), order.slice(half), seed, isWeighted);
};

const seeds = async (count: number, run: (seed: number) => Promise<Outcome>): Promise<Outcome[]> => {
  const outcomes: Outcome[] = [];
  for (let seed = 1; seed <= count; seed++) outcomes.push(await run(seed));
  return outcomes;
};

/** Normal and anomalous blocks of a sample of 2 %. */
const [SAMPLE_NORMAL, SAMPLE_ANOMALOUS] = [6699, 204];

/** Random splits put like blocks on both sides; the time split and the one without repetitions say what is left. */
export const withLabels = async (sample: Block[], all: Block[]): Promise<Row[]> => {
  const mined = "2 % sample, templates from raw lines";
  const random = await seeds(20, (seed) => inHalves(sample, seed));
  const fives = [0, 5, 10, 15].map((from) => mean(random.slice(from, from + 5).map(({ f1 }) => f1)).toFixed(4));
  const byTime = sample.toSorted((a, b) => a.startMs - b.startMs);
  const cut = Math.floor(0.6 * byTime.length);
  const inTime = await outcomeAfter(byTime.slice(0, cut), byTime.slice(cut), 1);
  const vector = ({ counts }: Block): string => [...counts].sort().join(" ");
  const distinct = [...new Map(sample.map((block) => [vector(block), block])).values()];
  const once = `each of ${distinct.length} count vectors once (${ofLabel(distinct, 1).length} anomalous)`;
  const drawn = await seeds(20, (seed) =>
    inHalves(
      [
        ...shuffled(ofLabel(all, 0), seed).slice(0, SAMPLE_NORMAL),
        ...shuffled(ofLabel(all, 1), seed).slice(0, SAMPLE_ANOMALOUS),
      ],
      seed,
    ),
  );
  return [
    rowOf("labelled, random halves", mined, random, `means of 5 seeds: ${fives.join(" ")}`),
    rowOf("labelled, chronological", `${mined}, earlier 60 %`, [inTime]),
    rowOf("labelled, deduplicated", once, await seeds(20, (seed) => inHalves(distinct, seed, false)), "ratio as it is"),
    rowOf("labelled, random halves", "other samples of that size, reference events", drawn),
    rowOf("labelled, random halves", "all blocks, reference events", await seeds(1, (seed) => inHalves(all, seed))),
  ];
};

/** How many anomalies are told at a line after which nothing could repair them. */
export const beforeTheEnd = ({ blocks, severe }: BlockSet): Row[] => {
  const [learned, judged] = [0, 1].map((half) => shuffled(blocks, 1).filter((_, index) => index % 2 === half)) as [
    Block[],
    Block[],
  ];
  const model = fitSignatures(
    ofLabel(learned, 0).map(({ counts }) => counts),
    severe,
  );
  const early = judged.filter(({ counts }) => decisiveTemplate(model, counts) !== undefined);
  const right = ofLabel(early, 1).length;
  const figure = `${right} of ${ofLabel(judged, 1).length}`;
  return [["told before the end", "2 % sample, a random half", figure, `${early.length - right} false`]];
};
