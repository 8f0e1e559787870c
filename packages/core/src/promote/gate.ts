import type { GateDecision, GateRule } from "./decision.ts";
import type { GateEvidence } from "./evidence.ts";
import { type Views, viewsOf } from "./incident-diff.ts";
import {
  alertVolumeRule,
  detectionRule,
  falseAlarmsRule,
  latencyRule,
  precisionRule,
  recallRule,
  rowsRule,
  scoreDistributionRule,
  sizeRule,
  vanishedRule,
} from "./rules.ts";
import { count, thousands } from "./words.ts";

/**
 * Whether a challenger may take the champion's place, by what both made of the same rows. Labels come first, then what the
 * threshold's own probability allows; that the champion reports more is no reason by itself, for a champion may be what is
 * broken. docs/promotion.md has the reasoning.
 */
export const decide = (evidence: GateEvidence): GateDecision => {
  const views = viewsOf(evidence);
  const rules: GateRule[] = [
    rowsRule(views),
    recallRule(views),
    precisionRule(views),
    alertVolumeRule(views),
    falseAlarmsRule(views),
    detectionRule(evidence),
    scoreDistributionRule(views, evidence),
    vanishedRule(views, evidence),
    latencyRule(evidence),
    sizeRule(evidence),
  ];
  const failed = rules.filter(({ passed }) => !passed);
  const alerts = alertDiff(views);
  return {
    outcome: failed.length === 0 ? "promote" : "reject",
    reason: failed.length === 0 ? promoted(evidence, views, alerts) : rejected(evidence, failed),
    rules,
    rows: views.challenger.rows,
    ...spanOf(evidence),
    alerts,
  };
};

const alertDiff = ({ champion, challenger }: Views): GateDecision["alerts"] => {
  const common = challenger.incidents.filter(({ isCommon }) => isCommon).length;
  return {
    added: challenger.incidents.length - common,
    vanished: champion?.incidents.filter(({ isCommon }) => !isCommon).length ?? 0,
    common,
  };
};

/** 0 to 0 where there is no row. */
const spanOf = ({ series }: GateEvidence) => ({
  fromMs: series.length === 0 ? 0 : Math.min(...series.map(({ fromMs }) => fromMs)),
  toMs: series.length === 0 ? 0 : Math.max(...series.map(({ toMs }) => toMs)),
});

const promoted = (
  { source, champion, challenger, regime }: GateEvidence,
  views: Views,
  { added, vanished, common }: GateDecision["alerts"],
): string => {
  const rows = `over ${thousands(views.challenger.rows)} ${source === "shadow" ? "rows in shadow" : "held-out rows"}`;
  const reports = `it reports ${count(views.challenger.incidents.length, "incident")}`;
  if (!champion) return `version ${challenger.version} is the first one: ${rows} ${reports}, as its threshold allows.`;
  const diff = `${common} in common, ${added} new, ${vanished} gone`;
  const since = regime ? `, after ${regime.reason}` : "";
  return (
    `version ${challenger.version} takes the place of version ${champion.version}: ${rows} ${reports} where that one reports ` +
    `${views.champion!.incidents.length} (${diff})${since}, and keeps all limits.`
  );
};

const rejected = ({ champion, challenger }: GateEvidence, [first, ...others]: readonly GateRule[]): string => {
  const stays = champion
    ? `version ${champion.version} stays instead of version ${challenger.version}`
    : "no model is used";
  const more = others.length > 0 ? ` (also failed: ${others.map(({ rule }) => rule).join(", ")})` : "";
  return `${stays}: ${first!.text}${more}.`;
};
