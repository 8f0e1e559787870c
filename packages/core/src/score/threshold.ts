/**
 * Sensitivity to threshold, in the unit of an anomaly score: −log10 of the share of reference rows that score as high.
 * Linear, t = 5.5 − 0.4 · sensitivity, which spans what users of detectors ask for:
 *
 * | sensitivity | threshold | false alarms per 1,000 rows like the reference |
 * |---|---|---|
 * | 1 | 5.1 | 0.008 |
 * | 3 | 4.3 | 0.05 |
 * | 5 | 3.5 | 0.32 |
 * | 7 | 2.7 | 2 |
 * | 10 | 1.5 | 32 |
 */
export const thresholdOf = (sensitivity: number): number => HIGHEST_THRESHOLD - STEP * sensitivity;
const HIGHEST_THRESHOLD = 5.5;
const STEP = 0.4;

/**
 * Contamination to threshold: the share of rows that are anomalies fixes the threshold as the quantile of the reference scores
 * that such a share reaches (scikit-learn). A score says that share itself, so its logarithm is the threshold.
 */
export const thresholdOfContamination = (contamination: number): number => -Math.log10(contamination);

/** What a detector's rows are judged by: its model's contamination where it has one, else its sensitivity. */
export const detectorThreshold = ({ sensitivity, model }: Judged): number =>
  model.contamination === undefined ? thresholdOf(sensitivity) : thresholdOfContamination(model.contamination);
type Judged = { sensitivity: number; model: { family: string; contamination?: number | undefined } };

const SECONDS_PER_WEEK = 604_800;

/**
 * False incidents a week that a sensitivity means for one series which stays as its reference was: rows a week, times the
 * share p of them that reach the threshold, times (1 − p)^closeAfterRows, because an incident begins only where so many rows
 * before had none. That is for rows that do not depend on each other; where they do, alarms come in bursts, hence in fewer
 * incidents. How well it holds on public data: docs/models.md, Calibration.
 */
export const expectedFalseAlarmsPerWeek = (
  threshold: number,
  intervalSeconds: number,
  closeAfterRows: number,
): number => {
  const share = 10 ** -threshold;
  return (SECONDS_PER_WEEK / intervalSeconds) * share * (1 - share) ** closeAfterRows;
};

/** Grade of a row that only just reaches the threshold: above 0, so that every anomaly shows. */
const LOWEST_GRADE = 0.1;
/** Grade per tenfold rarer row: three orders of magnitude beyond the threshold make a grade of 1. */
const GRADE_PER_DECADE = 0.3;

/** Anomaly grade: 0 below the threshold, then 0.1 to 1. */
export const gradeOf = (score: number, threshold: number): number =>
  score < threshold ? 0 : Math.min(1, LOWEST_GRADE + GRADE_PER_DECADE * (score - threshold));

/** Grade of a stored anomaly, whose float32 score may have been rounded to just below the threshold. */
export const storedGrade = (score: number, threshold: number): number => gradeOf(Math.max(score, threshold), threshold);

/** A detector with an alarm budget never asks for less than the highest sensitivity does. */
export const LOWEST_THRESHOLD = thresholdOf(10);
