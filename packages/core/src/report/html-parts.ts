import { blockLine, svgLines } from "./charts.ts";

/** Text that is part of a page. */
export const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign]!);
const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export const thousands = (value: number): string => String(value).replaceAll(/\B(?=(\d{3})+$)/g, ",");

/**
 * Colours, light ones inline: mail programs that know no style sheet show these, or turn them by themselves. All pairs that
 * hold text have a contrast of 4.5 or more (WCAG 2.2 AA), in the dark ones of the style sheet too.
 */
export const COLOURS = {
  page: "#eef1f4",
  card: "#ffffff",
  text: "#17212b",
  soft: "#52606d",
  line: "#dde3e9",
  track: "#e6ebf0",
  bar: "#2b6cb0",
  good: "#1f7a4d",
  watch: "#946200",
  bad: "#c0392b",
};
const DARK = {
  ...{ page: "#10161c", card: "#19222b", text: "#e6ecf2", soft: "#a3b1bf", line: "#2d3945", track: "#2a3540" },
  ...{ bar: "#6cb0f0", good: "#5cc48d", watch: "#e0b04c", bad: "#ff8a7a" },
};

const FONT = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const text = (size: number, more = ""): string => `font-family:${FONT};font-size:${size}px;line-height:1.5;${more}`;

/** For programs that know style sheets: dark colours, and columns below each other on a phone. */
export const STYLE = `:root{color-scheme:light dark;supported-color-schemes:light dark}
body{margin:0;padding:0;-webkit-text-size-adjust:100%}
@media (max-width:480px){.pad{padding-left:18px!important;padding-right:18px!important}.out{padding:0!important}
.figure{display:inline-block!important;width:46%!important;padding-bottom:14px!important}
.stack{display:block!important;width:auto!important;padding-left:0!important;text-align:left!important}.below{border-top:0!important;padding-top:0!important}}
@media (prefers-color-scheme:dark){.page{background:${DARK.page}!important}.card{background:${DARK.card}!important;border-color:${DARK.line}!important}
.text{color:${DARK.text}!important}.soft{color:${DARK.soft}!important}.line{border-color:${DARK.line}!important}
.track{background:${DARK.track}!important}.bar{background:${DARK.bar}!important}.spark{color:${DARK.bar}!important}
.c-good{color:${DARK.good}!important}.c-watch{color:${DARK.watch}!important}.c-bad{color:${DARK.bad}!important}
.b-good{background:${DARK.good}!important}.b-watch{background:${DARK.watch}!important}.b-bad{background:${DARK.bad}!important}}`;

export type Tone = "good" | "watch" | "bad";

export const cell = (
  content: string,
  options: { size?: number; soft?: boolean; style?: string; kind?: string } = {},
) => {
  const { size = 14, soft = false, style = "", kind = "" } = options;
  const colour = soft ? COLOURS.soft : COLOURS.text;
  const name = `${soft ? "soft" : "text"}${kind && ` ${kind}`}`;
  return `<td class="${name}" style="${text(size, `color:${colour};${style}`)}">${content}</td>`;
};

/** What a row of a table of data is about. */
export const rowHeader = (content: string): string =>
  `<th scope="row" class="soft" align="left" style="${text(13, `color:${COLOURS.soft};font-weight:400;padding:3px 12px 3px 0;white-space:nowrap;text-align:left`)}">${content}</th>`;

/** A row of the card, full width. */
export const block = (content: string, top = 22): string =>
  `<tr><td class="pad" style="padding:${top}px 32px 0 32px">${content}</td></tr>`;

export const tableOf = (rows: string, more = ""): string =>
  `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"${more}>${rows}</table>`;

/** A table of data, which screen readers read as one. */
export const dataTable = (caption: string, head: string, rows: string): string =>
  `<table width="100%" cellpadding="0" cellspacing="0" border="0" style="border-collapse:collapse">` +
  `<caption class="soft" style="${text(12, `color:${COLOURS.soft};text-align:left;padding-bottom:4px`)}">${caption}</caption>${head}${rows}</table>`;

export const heading = (words: string): string =>
  `<h2 class="text" style="${text(16, `color:${COLOURS.text};margin:0 0 8px 0;font-weight:600`)}">${escaped(words)}</h2>`;

export const paragraph = (words: string, soft = false, size = 15): string => {
  const colour = soft ? COLOURS.soft : COLOURS.text;
  return `<p class="${soft ? "soft" : "text"}" style="${text(size, `color:${colour};margin:0`)}">${escaped(words)}</p>`;
};

export const title = (words: string): string =>
  `<h1 class="text" style="${text(24, `color:${COLOURS.text};margin:4px 0 0 0;font-weight:650;line-height:1.25`)}">${escaped(words)}</h1>`;

/** The word for a tone stands beside its colour: nobody need see colours. */
export const badge = (tone: Tone, words: string): string =>
  `<p class="c-${tone}" style="${text(12, `color:${COLOURS[tone]};margin:0;font-weight:700;letter-spacing:.06em;text-transform:uppercase`)}">${escaped(words)}</p>`;

/** A number with what it counts below it. */
export const figure = (value: string, words: string): string =>
  `<td class="figure" width="25%" valign="top" style="padding-right:8px">` +
  `<div class="text" style="${text(22, `color:${COLOURS.text};font-weight:650;line-height:1.2`)}">${escaped(value)}</div>` +
  `<div class="soft" style="${text(12, `color:${COLOURS.soft}`)}">${escaped(words)}</div></td>`;

/** Small print below a chart. */
export const note = (words: string): string =>
  `<div class="soft" style="${text(11, `color:${COLOURS.soft}`)}">${escaped(words)}</div>`;

/** A bar of a share, as two cells; its number stands beside it. */
export const bar = (share: number, tone: Tone | "bar" = "bar"): string => {
  const percent = Math.round(100 * Math.max(0, Math.min(1, share)));
  const name = tone === "bar" ? "bar" : `b-${tone}`;
  const filled = `<td class="${name}" width="${percent}%" height="10" bgcolor="${COLOURS[tone]}" style="background:${COLOURS[tone]};font-size:0;line-height:10px">&nbsp;</td>`;
  const rest = `<td class="track" height="10" bgcolor="${COLOURS.track}" style="background:${COLOURS.track};font-size:0;line-height:10px">&nbsp;</td>`;
  const cells = percent === 0 ? rest : percent === 100 ? filled : filled + rest;
  return `<table role="presentation" aria-hidden="true" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>${cells}</tr></table>`;
};

/** The last hours of a statistic. `words` say it to those who cannot see it. */
export const sparkline = (values: readonly (number | null)[], words: string, isPage: boolean): string => {
  if (!isPage) {
    return `<span class="spark" role="img" aria-label="${escaped(words)}" style="color:${COLOURS.bar};font-family:Menlo,Consolas,monospace;font-size:13px;letter-spacing:-1px">${blockLine(values)}</span>`;
  }
  const lines = svgLines(values).map(
    (points) =>
      `<polyline points="${points}" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round"/>`,
  );
  return `<svg class="spark" role="img" aria-label="${escaped(words)}" width="160" height="28" viewBox="0 0 160 28" style="color:${COLOURS.bar};vertical-align:middle">${lines.join("")}</svg>`;
};
