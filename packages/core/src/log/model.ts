import { definitionHash } from "./definition.ts";
import type { LogDetector } from "./detector.ts";
import type { LabelledSessionModel } from "./session/labelled.ts";
import type { SessionModel } from "./session/session-model.ts";
import type { TemplateStore } from "./template/store.ts";

/**
 * One version of what a log detector has learnt. `templates` is the store as it was at the training: a line that one of
 * them covers always gets that one, whatever was met since, so that ids and vocabulary of a model belong together.
 */
export type LogModel = {
  version: number;
  /** `definitionHash` of the detector that it was made for; empty of one that was made from a file for none yet. */
  definition: string;
  trainedAtMs: number;
  trainingSessions: number;
  templates: TemplateStore;
  /** The id by which the model knows a template that had another one before. */
  currentId: (templateId: string) => string;
  sessions: SessionModel;
  /** Learnt from labels; decides where there is one. */
  labelled: LabelledSessionModel | undefined;
};

/** The model, if it was made for what the detector is now: ids, templates and sessions of another one are no match. */
export const modelFor = (detector: LogDetector, model: LogModel | undefined): LogModel | undefined =>
  model?.definition === definitionHash(detector) ? model : undefined;
