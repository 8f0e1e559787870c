import { counted, thousands } from "../../output/progress.ts";
import type { Evaluation } from "../evaluation.ts";

export const digits = (value: number | null): string => (value === null ? "–" : value.toFixed(3));
export const percent = (share: number): string => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

/** What the figures come to, for people. */
export const verdictText = ({ parts, test, threshold, isChosen, twins }: Evaluation): string => {
  const { train } = parts;
  const anomalous = test.truePositives + test.falseNegatives;
  const learnt = `Learnt from the earlier ${counted(train.sessions, "session")}, ${thousands(train.anomalous)} of them anomalous.`;
  const limit = isChosen
    ? `The validation part put the threshold at ${threshold.toFixed(3)} of the trees' votes.`
    : "The validation part has sessions of one label only: the threshold is half of the trees' votes.";
  if (anomalous === 0) {
    return `${learnt} ${limit} The last ${counted(parts.test.sessions, "session")} hold no anomalous one, so that nothing can be said of what is found; ${counted(test.falsePositives, "false alarm")} came up.`;
  }
  const found =
    `Of the last ${counted(parts.test.sessions, "session")}, ${thousands(anomalous)} of them anomalous, the model found ` +
    `${thousands(test.truePositives)} and raised ${counted(test.falsePositives, "false alarm")}: precision ${digits(test.precision)}, ` +
    `recall ${digits(test.recall)}, F1 ${digits(test.f1)}, area under the precision-recall curve ${digits(test.auprc)}.`;
  const step = 1 / (2 * anomalous);
  const care =
    `One verdict more or less is worth about ${step.toFixed(3)} of F1 here, and ${percent(twins / Math.max(1, parts.test.sessions))} of these ` +
    "sessions have the very counts of one that was learnt from: of kinds that nobody has labelled yet, expect less.";
  return `${found} ${learnt} ${limit} ${care}`;
};
