import type { CurvePoint, Judged } from "../evaluation.ts";
import { type Html, html } from "./html.ts";

/** Size of a chart's own coordinates; it takes the width of its column. */
const [WIDTH, HEIGHT] = [480, 300];
const [LEFT, RIGHT, TOP, BOTTOM] = [46, 14, 12, 42];
const TICKS = [0, 0.25, 0.5, 0.75, 1];

const x = (share: number): number => round(LEFT + share * (WIDTH - LEFT - RIGHT));
const y = (share: number): number => round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM));
const round = (value: number): number => Math.round(value * 10) / 10;

const frame = (
  label: string,
  across: string,
  up: string,
  upTicks: readonly [number, string][],
  body: Html,
): Html => html`
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">
${upTicks.map(
  ([share, text]) => html`<line class="grid" x1="${x(0)}" x2="${x(1)}" y1="${y(share)}" y2="${y(share)}"/>
<text x="${LEFT - 6}" y="${y(share) + 4}" text-anchor="end">${text}</text>`,
)}
${TICKS.map((share) => html`<text x="${x(share)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${share}</text>`)}
<text class="axis" x="${x(0.5)}" y="${HEIGHT - 6}" text-anchor="middle">${across}</text>
<text class="axis" transform="translate(12 ${y(0.5)}) rotate(-90)" text-anchor="middle">${up}</text>
${body}
</svg>`;

const SHARES = TICKS.map((share): [number, string] => [share, String(share)]);

/** Precision over recall, in steps, with the point that the threshold takes. */
export const curveChart = (curve: readonly CurvePoint[], recall: number, precision: number | null): Html => {
  // Thresholds below the one that finds all only add false alarms.
  const end = curve.findIndex((point) => point.recall === 1) + 1;
  let path = curve[0] ? `M${x(0)} ${y(curve[0].precision)}` : "";
  for (const point of curve.slice(0, end)) path += `V${y(point.precision)}H${x(point.recall)}`;
  const here = precision === null ? html`` : html`<circle class="mark" cx="${x(recall)}" cy="${y(precision)}" r="6"/>`;
  return frame("Precision over recall", "recall", "precision", SHARES, html`<path class="curve" d="${path}"/>${here}`);
};

/** Columns of the histogram. */
const BINS = 20;

/** How many sessions have which score, by label; sessions on a logarithmic scale, since anomalous ones are few. */
export const scoreChart = (judged: readonly Judged[]): Html => {
  const bins = Array.from({ length: BINS }, () => ({ anomalous: 0, normal: 0 }));
  for (const { score, isAnomalous } of judged) {
    bins[Math.min(BINS - 1, Math.floor(score * BINS))]![isAnomalous ? "anomalous" : "normal"]++;
  }
  const decades = Math.max(
    1,
    Math.ceil(Math.log10(1 + Math.max(...bins.flatMap(({ anomalous, normal }) => [anomalous, normal])))),
  );
  const height = (count: number): number => (count === 0 ? 0 : (Math.log10(count) + 0.15) / (decades + 0.15));
  const ticks = Array.from({ length: decades + 1 }, (_, power): [number, string] => [
    height(10 ** power),
    (10 ** power).toLocaleString("en-US"),
  ]);
  const bar = (kind: "anomalous" | "normal", count: number, bin: number, shift: number): Html => {
    const [from, to] = [x((bin + shift) / BINS) + 0.7, x((bin + shift + 0.5) / BINS)];
    return html`<rect class="${kind}" x="${round(from)}" y="${y(height(count))}" width="${round(to - from)}" height="${round(y(0) - y(height(count)))}"><title>${count} ${kind}</title></rect>`;
  };
  const bars = bins.map(
    ({ normal, anomalous }, bin) => html`${bar("normal", normal, bin, 0)}${bar("anomalous", anomalous, bin, 0.5)}`,
  );
  const limit = html`<line class="limit" x1="${x(0.5)}" x2="${x(0.5)}" y1="${y(0)}" y2="${y(1)}"/>`;
  return frame("Sessions by score", "score: anomalous from 0.5 on", "sessions", ticks, html`${limit}${bars}`);
};

/** A bar as a part of a table's row. */
export const shareBar = (share: number): Html =>
  html`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="8"/><rect class="fill" width="${round(share * 100)}" height="8"/></svg>`;
