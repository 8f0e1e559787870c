import type uPlot from "uplot";
import { CHART_FONT } from "./theme.ts";

/** A stretch of time behind the lines; `color` is asked at each drawing. */
export type Shade = { fromMs: number; toMs: number; label?: string; color: () => string; labelColor?: () => string };

/** A stretch narrower than this has no room for its label, in CSS pixels. */
const LABEL_MIN_WIDTH = 11;
/** A stretch is never thinner than this, or a single row could not be seen, in CSS pixels. */
const SHADE_MIN_WIDTH = 2;

/** Draws the stretches under the grid, labels upright along their left edge. */
export const shading = (shades: () => readonly Shade[]): uPlot.Plugin => ({
  hooks: {
    drawClear: (chart) => {
      for (const shade of shades()) drawShade(chart, shade);
    },
  },
});

const drawShade = (chart: uPlot, { fromMs, toMs, label, color, labelColor }: Shade) => {
  const { ctx, bbox } = chart;
  const ratio = devicePixelRatio;
  const left = Math.max(bbox.left, chart.valToPos(fromMs / 1000, "x", true));
  const right = Math.min(bbox.left + bbox.width, chart.valToPos(toMs / 1000, "x", true));
  if (right < bbox.left || left > bbox.left + bbox.width) return;
  const width = Math.max(SHADE_MIN_WIDTH * ratio, right - left);
  ctx.save();
  ctx.fillStyle = color();
  ctx.fillRect(left, bbox.top, width, bbox.height);
  if (label && labelColor && width >= LABEL_MIN_WIDTH * ratio) {
    ctx.translate(left + width / 2, bbox.top + 4 * ratio);
    ctx.rotate(Math.PI / 2);
    ctx.font = CHART_FONT.replace(/^\d+/, (size) => String(Number(size) * ratio));
    ctx.fillStyle = labelColor();
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.fillText(label, 0, 0);
  }
  ctx.restore();
};
