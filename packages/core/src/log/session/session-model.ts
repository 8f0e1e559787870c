import {
  coverage,
  decisiveTemplate,
  fitSignatures,
  isTooMany,
  SIGNATURE_PARAMS,
  type SignatureModel,
  type SignatureScore,
  scoreSignature,
  type TemplateCounts,
} from "./signature.ts";
import { fitTemplateRules, scoreTemplateRules, type TemplateRules } from "./template-rules.ts";

/** Share of the training sessions that must have a normal signature; else each template is judged for itself. */
const MIN_COVERAGE = 0.8;

/** What normal, or mostly normal, sessions look like. `rules` decide where there are any, and signatures elsewhere. */
export type SessionModel = { signatures: SignatureModel; rules: TemplateRules | undefined };

export const fitSessions = (
  training: readonly TemplateCounts[],
  severe: ReadonlySet<string>,
  params = SIGNATURE_PARAMS,
): SessionModel => {
  const signatures = fitSignatures(training, severe, params);
  const isFine = coverage(signatures) >= MIN_COVERAGE && canGeneralise(signatures);
  return { signatures, rules: isFine ? undefined : fitTemplateRules(training, params.training) };
};

/**
 * Among normal sessions every signature is normal: then how many were seen once says how many new ones are to be
 * expected (Good and Turing's estimate).
 */
const canGeneralise = ({ signatures, sessions }: SignatureModel): boolean =>
  signatures.filter((signature) => signature.sessions === 1).length <= (1 - MIN_COVERAGE) * sessions;

export type SessionScore = Pick<SignatureScore, "score" | "missing" | "extra" | "nearest" | "distance">;

/** Above 0 is anomalous. */
export const scoreSession = ({ signatures, rules }: SessionModel, counts: TemplateCounts): SessionScore => {
  const { score, missing, extra, nearest, distance } = scoreSignature(signatures, counts);
  if (!rules) return { score, missing, extra, nearest, distance };
  return { ...scoreTemplateRules(rules, counts), nearest, distance };
};

/** Whether so many lines of one template make a session anomalous, whatever lines will come. */
export const decides = ({ signatures, rules }: SessionModel, templateId: string, count: number): boolean =>
  !rules && isTooMany(signatures, templateId, count);

/** Whether a session is anomalous already, whatever lines will come. */
export const isDecided = ({ signatures, rules }: SessionModel, counts: TemplateCounts): boolean =>
  !rules && decisiveTemplate(signatures, counts) !== undefined;
