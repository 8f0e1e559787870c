import type { ModelView } from "./incident-diff.ts";
import { falseIncidents, falseShare } from "./incident-diff.ts";
import { poissonUpper } from "./poisson.ts";

/**
 * A calibrated model may report so many times more than its threshold says: 45 of 51 public series stay within it
 * (docs/models.md, Sensitivity as false alarms a week).
 */
const CALIBRATION_SLACK = 3;
/** Chance that a model which keeps to its calibration is found beyond it. */
const FALSE_REJECTION = 0.001;
/** Alerting on up to a twentieth of the rows is nobody's regression: one fault of an hour in a day is as much. */
const SHARE_ALLOWED = 0.05;
/** What is true of most rows is no anomaly. */
export const SHARE_MAX = 0.5;

type Expected = Pick<ModelView, "rows" | "expected">;

/** Incidents that a calibrated model may report by chance. `rarer`: only those of rows so many times rarer than the threshold. */
export const incidentsAllowed = ({ expected }: Expected, rarer = 1): number =>
  poissonUpper((CALIBRATION_SLACK * expected) / rarer, FALSE_REJECTION);

/** Share of rows that a calibrated model may alert on. */
export const shareAllowed = ({ rows, expected }: Expected): number =>
  Math.max(SHARE_ALLOWED, rows === 0 ? 0 : (CALIBRATION_SLACK * expected) / rows);

/** Whether a model reports more than its own threshold promises. */
export const isOutOfBand = (view: ModelView): boolean =>
  falseIncidents(view) > incidentsAllowed(view) || falseShare(view) > shareAllowed(view);
