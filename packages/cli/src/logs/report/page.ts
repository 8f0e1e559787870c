import { thousands } from "../../output/progress.ts";
import type { Evaluation, Judged, Part } from "../evaluation.ts";
import { curveChart, scoreChart, shareBar } from "./charts.ts";
import { type Html, html } from "./html.ts";
import { STYLE } from "./style.ts";
import { digits, percent, verdictText } from "./verdict.ts";

export type Report = {
  input: string;
  events: number;
  sessions: number;
  /** Templates of the log, the most frequent first. */
  templates: readonly { id: string; template: string; events: number }[];
  /** What the model that is written goes by: share of each template in the decrease of impurity. */
  importance: readonly { template: string; share: number }[];
  evaluation: Evaluation;
};

/** Rows of a table that could be long. */
const [SHOWN_TEMPLATES, SHOWN_COLUMNS, SHOWN_ERRORS] = [100, 20, 50];

/** The report as one file that needs nothing else. Whatever the log says is shown as text. */
export const reportPage = (report: Report): string => {
  const { evaluation, input } = report;
  const { test } = evaluation;
  const tile = (name: string, value: number | null): Html =>
    html`<div class="tile"><b>${digits(value)}</b><span>${name}</span></div>`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Log sessions: ${input}</title><style>${{ html: STYLE }}</style></head><body><main>
<h1>Log sessions</h1>
<p class="soft"><code>${input}</code>: ${thousands(report.events)} events, ${thousands(report.templates.length)} templates,
${thousands(report.sessions)} sessions</p>
<section class="verdict"><p>${verdictText(evaluation)}</p></section>
<section class="tiles">${tile("precision", test.precision)}${tile("recall", test.recall)}${tile("F1", test.f1)}
${tile("AUPRC", test.auprc)}</section>
<p class="soft">Measured once, on the last part of the log. The model that was written learnt from all labelled sessions, with
the same settings and this threshold.</p>
<section class="pair"><div><h2>Confusion</h2>${confusion(evaluation)}</div><div><h2>Parts</h2>${partTable(evaluation)}</div></section>
<section class="pair"><figure>${curveChart(evaluation.curve, test.recall ?? 0, test.precision)}
<figcaption>Precision over recall, for each threshold; the circle is the one in use.</figcaption></figure>
<figure>${scoreChart(evaluation.judged)}<figcaption>Scores of the test part:<span class="key normal"></span>normal
<span class="key anomalous"></span>anomalous</figcaption></figure></section>
<h2>What the model goes by</h2>${importanceTable(report.importance)}
<h2>Verdicts that were wrong</h2>${errorTable(evaluation.judged)}
<h2>Templates</h2>${templateTable(report.templates)}
</main></body></html>
`.html;
};

const confusion = ({ test }: Evaluation): Html => html`<div class="scroll"><table class="matrix">
<tr><th></th><th class="n">said anomalous</th><th class="n">said normal</th></tr>
<tr><th>is anomalous</th><td class="n right">${thousands(test.truePositives)}</td>
<td class="n wrong">${thousands(test.falseNegatives)}</td></tr>
<tr><th>is normal</th><td class="n wrong">${thousands(test.falsePositives)}</td>
<td class="n right">${thousands(test.trueNegatives)}</td></tr></table></div>`;

const partTable = ({ parts, threshold, validation }: Evaluation): Html => {
  const row = (name: string, use: string, { sessions, anomalous, fromMs, toMs }: Part): Html =>
    html`<tr><td>${name}<br><small>${use}</small></td><td class="n">${thousands(sessions)}</td>
<td class="n">${thousands(anomalous)}</td><td class="when"><small>${when(fromMs)}<br>${when(toMs)}</small></td></tr>`;
  return html`<div class="scroll"><table><tr><th></th><th class="n">sessions</th><th class="n">anomalous</th><th>first lines</th></tr>
${row("train", "learnt from", parts.train)}
${row("validate", `threshold ${threshold.toFixed(3)}, F1 ${digits(validation.f1)}`, parts.validate)}
${row("test", "only measured", parts.test)}</table></div>`;
};

/** To the second; lines without a time say nothing. */
const when = (ms: number | null): string => (ms ? new Date(ms).toISOString().slice(0, 19).replace("T", " ") : "");

const importanceTable = (importance: Report["importance"]): Html => {
  const most = importance[0]?.share ?? 1;
  const rows = importance.filter(({ share }) => share > 0).slice(0, SHOWN_COLUMNS);
  return html`<div class="scroll"><table><tr><th>template</th><th class="n">share</th><th class="b"></th></tr>${rows.map(
    ({ template, share }) => html`<tr><td><code>${template}</code></td><td class="n">${percent(share)}</td>
<td class="b">${shareBar(share / most)}</td></tr>`,
  )}</table></div>
<p class="soft">Share of each template's count in what the trees' splits tell apart. Of templates that come together, one may
stand for the others.</p>`;
};

const errorTable = (judged: readonly Judged[]): Html => {
  const wrong = judged.filter(({ isAnomalous, score }) => isAnomalous !== score >= 0.5);
  if (wrong.length === 0) return html`<p>None.</p>`;
  const rows = wrong.toSorted((a, b) => Math.abs(b.score - 0.5) - Math.abs(a.score - 0.5)).slice(0, SHOWN_ERRORS);
  return html`<div class="scroll"><table><tr><th>session</th><th>what</th><th class="n">score</th></tr>${rows.map(
    ({
      key,
      isAnomalous,
      score,
    }) => html`<tr><td><code>${key}</code></td><td>${isAnomalous ? "missed" : "false alarm"}</td>
<td class="n">${digits(score)}</td></tr>`,
  )}</table></div>${more(wrong.length, rows.length)}`;
};

const templateTable = (templates: Report["templates"]): Html => {
  const rows = templates.slice(0, SHOWN_TEMPLATES);
  const most = Math.log1p(rows[0]?.events ?? 1);
  return html`<div class="scroll"><table><tr><th>template</th><th class="n">events</th><th class="b"></th></tr>${rows.map(
    ({ template, events }) => html`<tr><td><code>${template}</code></td><td class="n">${thousands(events)}</td>
<td class="b">${shareBar(Math.log1p(events) / most)}</td></tr>`,
  )}</table></div>${more(templates.length, rows.length)}<p class="soft">The bars are on a logarithmic scale.</p>`;
};

const more = (all: number, shown: number): Html =>
  all > shown ? html`<p class="soft">… and ${thousands(all - shown)} more.</p>` : html``;
