import { type Advanced, columnOf, ruleOf } from "./advance.ts";
import { DAY_MS } from "./build-reference.ts";
import type { DriftCheck, DriftFinding } from "./check.ts";
import { findingText, verdictText } from "./finding-text.ts";
import { HOUR_MS, type HourBlock } from "./hour.ts";
import type { ReferenceDoc, ReferenceTrack } from "./reference-document.ts";
import { SHAPE_AFTER, SHAPE_BEFORE, shapeOf } from "./shape.ts";
import { trackKey } from "./state.ts";
import { medianOf } from "./statistics.ts";

/** Hours that are drawn: a week of what is over its limit, three days of the rest. Stored checks must stay small. */
const DRAWN_OVER = 168;
const DRAWN = 72;
/** The most that a check tells of; what drifted first. */
const MOST_FINDINGS = 64;

/** What a check came to, for people and programs. `others`: findings of schema and entities. */
export const describeCheck = (
  reference: ReferenceDoc,
  { state, tracks, judged }: Pick<Advanced, "state" | "tracks" | "judged">,
  others: readonly DriftFinding[],
  movedMost: ReadonlyMap<string, string[]>,
): DriftCheck => {
  const { doc, hours } = state;
  const last = hours[0]!.length - 1;
  const found = tracks.flatMap((track, at): DriftFinding[] => {
    const { values, pValues, isOver, runs, residual } = judged[at]!;
    const value = values[last];
    if (value === undefined || Number.isNaN(value)) return [];
    const over = isOver[last]!;
    const sinceMs = doc.since[trackKey(track.statistic, track.feature)] ?? null;
    const shape = sinceMs === null ? undefined : shapeSince(residual, doc.hoursFromMs, sinceMs);
    const blocks = hours[columnOf(reference, track)]!;
    const moved = over ? movedMost.get(trackKey(track.statistic, track.feature)) : undefined;
    const { effect, unit, from, to } = effectOf(track, value, blocks);
    const named = { ...(track.feature !== undefined && { feature: track.feature }), statistic: track.statistic };
    return [
      {
        ...named,
        ...{ value: rounded(value), limit: rounded(track.reference.limit), effect: rounded(effect), unit },
        ...{ pValue: pValues[last]!, isOver: over, drifted: over && runs[last]! >= ruleOf(track).persistence, sinceMs },
        ...(shape && { shape }),
        sparkline: values
          .slice(over ? -DRAWN_OVER : -DRAWN)
          .map((drawn) => (Number.isNaN(drawn) ? null : rounded(drawn))),
        ...(moved && moved.length > 0 && { entities: moved }),
        text: findingText({ ...named, effect, from, to }),
      },
    ];
  });
  const dated = others.map((finding) => ({
    ...finding,
    sinceMs: doc.since[trackKey(finding.statistic, finding.feature)] ?? null,
  }));
  const findings = [...dated, ...found].sort((a, b) => weight(b) - weight(a)).slice(0, MOST_FINDINGS);
  const { untilMs: atMs, openSinceMs, isProvisional, clearChecks } = doc;
  const sinces = findings.flatMap(({ drifted, sinceMs }) => (drifted ? [sinceMs ?? atMs] : []));
  const referenceDays = (reference.toMs - reference.fromMs) / DAY_MS;
  return {
    ...{ detector: reference.detector, atMs, modelVersion: reference.modelVersion },
    ...{ referenceFromMs: reference.fromMs, referenceToMs: reference.toMs, referenceDays, isProvisional },
    drifted: openSinceMs !== null || sinces.length > 0,
    sinceMs: openSinceMs ?? (sinces.length > 0 ? Math.min(...sinces) : null),
    findings,
    verdict: verdictText({ findings, isProvisional, referenceDays, openSinceMs, clearChecks, atMs }),
  };
};

const weight = ({ drifted, isOver, value, limit }: DriftFinding): number =>
  (drifted ? 2e6 : 0) + (isOver ? 1e6 : 0) + Math.min(1e5, Math.abs(value) / limit);

/** Told once enough hours have passed. */
const shapeSince = (residual: readonly number[], fromMs: number, sinceMs: number) => {
  const at = Math.round((sinceMs - fromMs) / HOUR_MS) - 1;
  return at < 0 || at + SHAPE_AFTER >= residual.length
    ? undefined
    : shapeOf(residual.slice(Math.max(0, at - SHAPE_BEFORE), at + SHAPE_AFTER + 1));
};

const shareOf = ({ values, missing }: HourBlock): number =>
  values + missing === 0 ? Number.NaN : missing / (values + missing);

/** In units that people know. */
const effectOf = ({ statistic, reference }: ReferenceTrack, value: number, blocks: readonly HourBlock[]) => {
  if (statistic === "noise" || statistic === "volume") return { effect: Math.exp(value), unit: "ratio" as const };
  if (statistic !== "missing") return { effect: value, unit: "deviations" as const };
  const known = medianOf(blocks.slice(-3).map(shareOf));
  const usual = medianOf(reference.profile);
  const from = Math.sin(usual) ** 2;
  // No row in these hours: the window is known by the end of the reference, and says the share itself.
  const to = Number.isNaN(known) ? Math.sin(Math.max(0, usual + value)) ** 2 : known;
  return { effect: to - from, unit: "share" as const, from, to };
};

/** Digits that a limit or an effect is known to. */
const DIGITS = 4;
const rounded = (value: number): number => Number(value.toPrecision(DIGITS));
