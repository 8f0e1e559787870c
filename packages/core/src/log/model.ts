import type { LabelledSessionModel } from "./session/labelled.ts";
import type { SessionModel } from "./session/session-model.ts";
import type { TemplateStore } from "./template/store.ts";

/**
 * One version of what a log detector has learnt. `templates` is the store as it was at the training: a line that one of
 * them covers always gets that one, whatever was met since, so that ids and vocabulary of a model belong together.
 */
export type LogModel = {
  version: number;
  trainedAtMs: number;
  trainingSessions: number;
  templates: TemplateStore;
  /** The id by which the model knows a template that had another one before. */
  currentId: (templateId: string) => string;
  sessions: SessionModel;
  /** Learnt from labels; decides where there is one. */
  labelled: LabelledSessionModel | undefined;
};
