import type { LogModel } from "../../log/model.ts";
import type { Session } from "../../log/session/session.ts";
import { sessionJudge } from "../../log/stage/judge.ts";
import { KEPT_MS } from "../../log/stage/write-sessions.ts";
import { anomalousPuts } from "../../log/store/anomalous-sessions.ts";
import { templateTexts } from "../../log/template/store.ts";
import type { Table } from "../../store/ports.ts";

/** Puts of one call. */
const PUTS_AT_ONCE = 1000;

/**
 * Lists those of the sessions that are anomalous by the model: they ended before there was one, and nobody has judged them.
 * Their heads stay as they are; who asks for one gets the live model's word. Returns how many there are.
 */
export const judgeEarlier = async (
  table: Table,
  detectorId: string,
  model: LogModel,
  sessions: readonly Session[],
  nowMs: number,
): Promise<number> => {
  const texts = templateTexts(model.templates);
  const { final } = sessionJudge(model, (id) => texts.get(id) ?? id);
  const verdicts = sessions.map(final).filter(({ isAnomalous }) => isAnomalous);
  const puts = anomalousPuts(detectorId, verdicts, nowMs + KEPT_MS);
  for (let at = 0; at < puts.length; at += PUTS_AT_ONCE) await table.putMany(puts.slice(at, at + PUTS_AT_ONCE));
  return verdicts.length;
};
