import type { z } from "zod";
import { Detector } from "./detector.ts";
import { LOG_FAMILY, LogDetector } from "./log/detector.ts";

/** Both kinds share ids, storage and routes; `match.type` tells them apart. */
export type AnyDetector = Detector | LogDetector;

export const isLogDetector = (detector: AnyDetector): detector is LogDetector => detector.match.type === "log";

/** By the schema of the kind that the document says it is, so that its mistakes are named by that kind's rules. */
export const parseAnyDetector = (document: unknown): z.ZodSafeParseResult<AnyDetector> =>
  saysLog(document) ? LogDetector.safeParse(document) : Detector.safeParse(document);

const saysLog = (document: unknown): boolean => {
  const { match } = Object(document) as { match?: unknown };
  return (Object(match) as { type?: unknown }).type === "log";
};

/** What the family of a model is called: that of log detectors is not theirs to choose. */
export const modelFamilyOf = (detector: AnyDetector): string =>
  isLogDetector(detector) ? LOG_FAMILY : detector.model.family;
