import { describe, expect, it } from "vitest";
import { sampleDrift, sampleReport, WEEK_FROM_MS } from "../../../../test/support/sample-report.ts";
import { webhookBody } from "./channels.ts";
import { blockLine, svgLines } from "./charts.ts";
import { reportHtml } from "./html.ts";
import { escaped, thousands } from "./html-parts.ts";
import { type Report, Report as ReportSchema } from "./report.ts";
import { reportText } from "./text.ts";
import { saidOf } from "./verdict.ts";

const DAY_MS = 86_400_000;
const facts = (parts: Partial<Report> = {}): Report => sampleReport(parts);
const said = (parts: Partial<Report>) => saidOf({ ...facts(), ...parts });
const quiet = { ...facts().alerts, incidents: 0, incidentsBefore: 0, anomalies: 0, byEntity: [] };
const whole = { ...facts().data, byDay: facts().data.byDay.map(({ day }) => ({ day, rows: 100 })) };
const still = { ...sampleDrift(), drifted: false, findings: [], verdict: "Nothing has drifted." };

describe("what a report says first", () => {
  it("is the gravest thing", () => {
    expect(said({})).toMatchObject({ tone: "bad", title: "web: the data have drifted" });
    expect(said({ drift: still })).toMatchObject({ tone: "watch", title: "web: more incidents than before" });
    expect(said({ drift: still, alerts: quiet })).toMatchObject({ tone: "watch", title: "web: data are missing" });
    const calm = { drift: still, alerts: quiet, data: whole };
    expect(said(calm)).toMatchObject({ tone: "good", title: "web: quiet" });
    const one = { ...quiet, incidents: 1, incidentsBefore: 1, byEntity: [{ entity: "a", incidents: 1, anomalies: 2 }] };
    expect(said({ ...calm, alerts: one })).toMatchObject({ tone: "good", title: "web: 1 incident" });
    expect(said({ ...calm, alerts: { ...one, incidents: 2 } }).title).toBe("web: 2 incidents");
    const none = { ...whole, byDay: whole.byDay.map(({ day }) => ({ day, rows: 0 })) };
    expect(said({ ...calm, data: none })).toMatchObject({ tone: "bad", title: "web: no data came" });
  });

  it("is careful where the reference is short", () => {
    const provisional = { ...sampleDrift(), isProvisional: true };
    const calm = { alerts: quiet, data: whole, drift: provisional };
    expect(said(calm)).toMatchObject({ tone: "watch", title: "web: quiet" });
  });

  it("is one paragraph, in words", () => {
    expect(said({}).verdict).toBe(
      "What comes in is not what the model learnt, since 2026-11-13 14:00 UTC. memory is 3.1 standard deviations higher than " +
        "usual. It is held against 28 days of reference. 14 incidents were reported, 8 of them on web-07; the week before " +
        "there were 3. On 2026-11-11 less than half of the usual rows came. Version 3 went live on 2026-11-09 (fewer false " +
        "alarms, all incidents kept).",
    );
    const model = { ...facts().model, moves: [], sinceMs: WEEK_FROM_MS - 3 * DAY_MS };
    const calm = { drift: still, alerts: quiet, data: whole, model };
    expect(said(calm).verdict).toBe(
      "Nothing has drifted. There was no incident, as in the time before. Version 3 has been live for 10 days.",
    );
    expect(said({ ...calm, alerts: { ...quiet, incidentsBefore: 2 }, kind: "day" }).verdict).toContain(
      "There was no incident, after 2 the day before.",
    );
    const single = { ...quiet, incidents: 1, incidentsBefore: 1, isCapped: true };
    expect(said({ ...calm, alerts: single }).verdict).toContain(
      "At least 1 incident was reported; the week before there was 1.",
    );
    const byEntity = ["a", "b"].map((entity) => ({ entity, incidents: 1, anomalies: 4 }));
    expect(said({ ...calm, alerts: { ...quiet, incidents: 2, incidentsBefore: 1, byEntity } }).verdict).toContain(
      "2 incidents were reported; the week before there was 1.",
    );
    const dayOld = { ...model, sinceMs: facts().toMs - DAY_MS };
    expect(said({ ...calm, model: dayOld }).verdict).toContain("has been live for a day.");
    const gone = { ...facts().model, moves: [{ ...facts().model.moves[0]!, version: null, reason: "" }] };
    expect(said({ ...calm, model: gone }).verdict).toContain("Version none went live on 2026-11-09.");
    const learns = { ...calm, family: "stream", drift: null, model: { ...model, version: null, sinceMs: null } };
    expect(said(learns).verdict).toContain("Its series learn row by row");
  });

  it("says what is not there", () => {
    const none = { ...whole, byDay: whole.byDay.map(({ day }) => ({ day, rows: 0 })) };
    expect(said({ data: none }).verdict).toContain("No data have come since 2026-11-15 23:59 UTC");
    expect(said({ data: { ...none, lastRowMs: null } }).verdict).toContain("No data have come: look");
    expect(said({ data: { ...none, series: 0 } }).verdict).toContain("No data have come yet.");
    const thin = whole.byDay.map((day, at) => ({ ...day, rows: at < 2 ? 3 : 100 }));
    expect(said({ data: { ...whole, byDay: thin } }).verdict).toContain(
      "On 2 days, 2026-11-09 first, less than half of the usual rows came.",
    );
  });
});

describe("the page of a report", () => {
  it("lets nothing that a producer or a person wrote become markup", () => {
    const evil = `<img src=x onerror="alert('1')">&`;
    const drift = sampleDrift();
    drift.findings[0] = { ...drift.findings[0]!, feature: evil, text: evil, entities: [evil] };
    const report = facts({
      ...{ drift, title: evil, verdict: evil, family: evil },
      alerts: { ...facts().alerts, byEntity: [1, 2].map((incidents) => ({ entity: evil, incidents, anomalies: 1 })) },
      model: { ...facts().model, moves: [{ alias: "champion", version: 1, sinceMs: 0, by: evil, reason: evil }] },
    });
    for (const kind of ["mail", "page"] as const) {
      const html = reportHtml(report, kind);
      expect(html).not.toContain("<img");
      expect(html).toContain("&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;");
    }
    expect(escaped(evil)).not.toMatch(/[<>"']/);
  });

  it("has no script, fetches nothing, and names every chart in words", () => {
    for (const kind of ["mail", "page"] as const) {
      const html = reportHtml(facts(), kind);
      expect(html).not.toMatch(/<script|javascript:|https?:\/\/|<img|<link|@import|url\(/);
      for (const [tag] of html.matchAll(/<[^>]*role="img"[^>]*>/g)) expect(tag).toMatch(/aria-label="[^"]{10,}"/);
      expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
    }
  });

  it("draws with characters and cells in mail, with SVG on a page, and stays below what Gmail cuts", () => {
    const [mail, page] = [reportHtml(facts(), "mail"), reportHtml(facts(), "page")];
    expect(mail).not.toContain("<svg");
    expect(mail).toMatch(/[▁▂▃▄▅▆▇█]{6}/);
    expect(page).toContain("<svg");
    // Gmail clips messages above 102 KB.
    const many = sampleDrift();
    many.findings = Array.from({ length: 64 }, () => many.findings[0]!);
    const busy = facts({ drift: many });
    expect(new TextEncoder().encode(reportHtml(busy, "mail")).length).toBeLessThan(102_000);
    expect(reportHtml(busy, "mail")).toContain("52 more are in the JSON");
  });

  it("has readable contrast in light and in dark (WCAG 2.2, 1.4.3)", () => {
    const luminance = (colour: string) => {
      const [r, g, b] = [1, 3, 5].map((at) => {
        const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
    };
    const contrast = (one: string, two: string) => {
      const [low, high] = [luminance(one), luminance(two)].sort((a, b) => a - b);
      return (high! + 0.05) / (low! + 0.05);
    };
    const light = ["#17212b", "#52606d", "#1f7a4d", "#946200", "#c0392b", "#2b6cb0"];
    const dark = ["#e6ecf2", "#a3b1bf", "#5cc48d", "#e0b04c", "#ff8a7a", "#6cb0f0"];
    const html = reportHtml(facts(), "page");
    for (const colour of [...light, ...dark]) expect(html, colour).toContain(colour);
    for (const colour of light) expect(contrast(colour, "#ffffff"), colour).toBeGreaterThan(4.5);
    for (const colour of dark) expect(contrast(colour, "#19222b"), colour).toBeGreaterThan(4.5);
  });

  it("shows a day, a time without model or drift, and an even choice of very many series", () => {
    const html = reportHtml(
      facts({
        ...{ kind: "day", toMs: WEEK_FROM_MS + DAY_MS, drift: null },
        alerts: { ...quiet, isCapped: true },
        data: { ...whole, series: 5000, counted: 100 },
        model: { ...facts().model, version: null, sinceMs: null },
      }),
      "mail",
    );
    expect(html).toContain("2026-11-09<");
    expect(html).toContain("rows of 100 series");
    expect(html).toContain("Of 100 of 5,000 series.");
    expect(html).toContain("There is no model version.");
    const bare = { ...facts().model, moves: [{ ...facts().model.moves[1]!, version: null, by: "" }] };
    const gradual = sampleDrift();
    gradual.findings = [{ ...gradual.findings[0]!, shape: "gradual", entities: [] }];
    const moved = facts({ model: bare, drift: gradual });
    expect(reportHtml(moved, "mail")).toContain("previous → none<");
    expect(reportHtml(moved, "mail")).toContain("It came gradually.<");
    expect(reportText(moved)).toContain("previous → none  \n");
    const plain = facts({ kind: "asked", model: { ...facts().model, trainingRows: null, moves: [] } });
    expect(reportHtml(plain, "page")).toContain("2026-11-09 00:00 UTC to 2026-11-16 00:00 UTC");
    expect(reportText(facts({ drift: null, model: { ...facts().model, version: null, sinceMs: null } }))).toContain(
      "Model: var\n",
    );
  });
});

describe("charts of characters", () => {
  it("go from the lowest to the highest, with dots where nothing is known", () => {
    expect(blockLine([0, 1, 2, 3, 4, 5, 6, 7])).toBe("▁▂▃▄▅▆▇█");
    expect(blockLine([3, 3, null])).toBe("▁▁·");
    expect(blockLine([])).toBe("");
    expect(blockLine([...new Array(24).fill(0), ...new Array(24).fill(5)])).toBe("▁".repeat(12) + "█".repeat(12));
    expect(blockLine(new Array(48).fill(null))).toBe("·".repeat(24));
  });

  it("and lines of SVG, in parts where there are gaps", () => {
    expect(svgLines([0, 1, null, 1])).toEqual(["3.0,25.0 54.3,3.0", "157.0,3.0"]);
    expect(svgLines([2, 2])).toEqual(["3.0,14.0 157.0,14.0"]);
    expect(svgLines([null])).toEqual([]);
  });

  it("have numbers that people read", () => {
    expect([0, 999, 1000, 1_234_567].map(thousands)).toEqual(["0", "999", "1,000", "1,234,567"]);
  });
});

describe("what a webhook gets", () => {
  it("is what Slack shows, with its signs for markup taken apart, and the report", () => {
    const { text, blocks, report } = webhookBody(facts({ verdict: "a <!channel> & b" }));
    expect(text).toBe("Attention: web: the data have drifted. a <!channel> & b");
    expect(blocks.map(({ type }) => type)).toEqual(["header", "section", "context"]);
    expect(JSON.stringify(blocks)).toContain("a &lt;!channel&gt; &amp; b");
    expect(ReportSchema.parse(report).id).toBe("web-week-2026-11-09");
  });
});
