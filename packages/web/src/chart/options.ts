import type uPlot from "uplot";
import { tickTime } from "../format/time.ts";
import { type Shade, shading } from "./shading.ts";
import { CHART_FONT, themeColor } from "./theme.ts";
import { valueRange } from "./value-range.ts";

export type ChartKind = "feature" | "score";
export type ChartSetup = {
  kind: ChartKind;
  /** Charts with the same key share cursor and zoom. */
  syncKey: string;
  formatValue: (value: number) => string;
  hasBytes: boolean;
  shades: () => readonly Shade[];
  onHover: (index: number | undefined) => void;
  isZoomable: boolean;
};

/** Diameter of an anomaly's dot in CSS pixels. */
const MARK_SIZE = 5;
/** The score chart keeps its upper third free for the names of the labelled stretches. */
const SCORE_HEADROOM = 1.55;
/** Byte axes step by powers of two, or their labels would be odd. */
const BYTE_STEPS = Array.from({ length: 60 }, (_, power) => 2 ** power);

const line = (color: `--${string}`, more: Partial<uPlot.Series> = {}): uPlot.Series => ({
  stroke: themeColor(color),
  width: 1.5,
  points: { show: false },
  ...more,
});
const marks = (): uPlot.Series => ({
  paths: () => null,
  points: { show: true, size: MARK_SIZE, fill: themeColor("--anomaly"), stroke: themeColor("--anomaly"), width: 0 },
});

/** The series of each kind of chart, in the order of `FeatureColumns` and `ScoreColumns`. */
const SERIES: Record<ChartKind, () => uPlot.Series[]> = {
  feature: () => [
    {},
    line("--band-edge", { width: 0 }),
    line("--band-edge", { width: 0 }),
    line("--expected", { width: 1, dash: [4, 4] }),
    line("--accent"),
    marks(),
  ],
  score: () => [{}, line("--threshold", { width: 1, dash: [4, 4] }), line("--accent", { width: 1 }), marks()],
};

const RANGES: Record<ChartKind, typeof valueRange> = {
  feature: valueRange,
  score: (_min, max) => valueRange(0, max === null ? null : max * SCORE_HEADROOM),
};

export const chartOptions = (setup: ChartSetup, width: number, height: number): uPlot.Options => ({
  width,
  height,
  legend: { show: false },
  padding: [8, 26, 0, 0],
  scales: { x: { time: true }, y: { range: (_chart, min, max) => RANGES[setup.kind](min, max) } },
  axes: [timeAxis(), valueAxis(setup)],
  series: SERIES[setup.kind](),
  bands: setup.kind === "feature" ? [{ series: [2, 1], fill: themeColor("--band") }] : [],
  cursor: {
    sync: { key: setup.syncKey, setSeries: false },
    drag: { x: setup.isZoomable, y: false, setScale: setup.isZoomable },
    y: false,
    points: { show: false },
  },
  plugins: [shading(setup.shades)],
  hooks: { setCursor: [(chart) => setup.onHover(chart.cursor.idx ?? undefined)] },
});

const axis = (more: uPlot.Axis): uPlot.Axis => ({
  stroke: themeColor("--muted"),
  font: CHART_FONT,
  grid: { stroke: themeColor("--grid"), width: 1 },
  ticks: { show: false },
  gap: 4,
  ...more,
});

const timeAxis = (): uPlot.Axis =>
  axis({
    space: 56,
    size: 24,
    values: (_chart, splits, _axis, _space, step) => splits.map((seconds) => tickTime(seconds * 1000, step)),
  });

const valueAxis = ({ formatValue, hasBytes }: ChartSetup): uPlot.Axis =>
  axis({
    size: 64,
    space: 34,
    values: (_chart, splits) => splits.map((value) => formatValue(value)),
    ...(hasBytes && { incrs: BYTE_STEPS }),
  });
