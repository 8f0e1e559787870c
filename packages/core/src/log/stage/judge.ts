import type { LogModel } from "../model.ts";
import { sessionProbabilities } from "../session/labelled.ts";
import { type Session, templateCounts } from "../session/session.ts";
import { decides } from "../session/session-model.ts";
import { type TemplateNames, verdictOf } from "../session/verdict.ts";
import type { StoredVerdict } from "../store/stored-verdict.ts";
import type { SessionJudge } from "./session-lines.ts";

/** Judges sessions by one model. `textOf` must know every template that the sessions or the model have. */
export const sessionJudge = (model: LogModel, textOf: TemplateNames["textOf"]): SessionJudge => {
  const { version, currentId, labelled, sessions } = model;
  const odd = new Set(labelled?.onlyAnomalous);
  const normal = new Set(labelled?.vocabulary.filter((id) => !odd.has(id)));
  const decidedBy = labelled ? "labels" : sessions.rules ? "rules" : "signatures";
  const judge = (session: Session, hasEnded: boolean): StoredVerdict => {
    const learnt = labelled && {
      probability: sessionProbabilities(labelled, [templateCounts(session, currentId)])[0]!,
    };
    const verdict = verdictOf(session, sessions, { currentId, textOf }, { hasEnded, ...learnt });
    return { ...verdict, modelVersion: version, decidedBy };
  };
  /** Of a template of which a line has just come: no later line can take back that there are too many. */
  const isSettled = (session: Session, id: string): boolean => {
    if (labelled) return !normal.has(id);
    let count = 0;
    for (const entry of session.entries) if (currentId(entry.templateId) === id) count += entry.count;
    return decides(sessions, id, count);
  };
  return {
    final: (session) => judge(session, true),
    soFar: (session) => judge(session, false),
    early(session, templateId) {
      if (!isSettled(session, currentId(templateId))) return undefined;
      // What is missing may still come.
      const verdict = { ...judge(session, false), isFinal: true, missing: [] };
      return verdict.isAnomalous ? verdict : undefined;
    },
  };
};
