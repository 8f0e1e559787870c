import type { Detector } from "../detector.ts";
import type { Mail } from "../store/ports.ts";
import { reportHtml } from "./html.ts";
import type { Delivery, Report, ReportEntry } from "./report.ts";
import { reportText } from "./text.ts";
import { timeText } from "./verdict.ts";

/** What is to be sent where, when a report has just been made. */
export const channelsOf = ({ reports }: Detector): Pick<ReportEntry, "mail" | "webhook"> => ({
  mail: pending(reports.mail),
  webhook: pending(reports.webhook === undefined ? [] : [reports.webhook]),
});

const pending = (to: readonly string[]): Delivery => ({
  ...{ state: to.length === 0 ? "none" : "pending", to: [...to], attempts: 0, sentAtMs: null, error: null },
});

export const mailOf = (report: Report, to: readonly string[]): Mail => ({
  ...{ id: report.id, to, subject: `${MARKS[report.tone]}${report.title}` },
  ...{ text: reportText(report), html: reportHtml(report, "mail") },
});
const MARKS = { good: "", watch: "Worth a look: ", bad: "Attention: " } as const;

/** Slack cuts the text of a section at 3,000 characters. */
const SECTION_CHARACTERS = 2900;

/**
 * What a webhook gets: `text` and `blocks` as Slack's incoming webhooks take them, and the report itself, which these leave
 * out of sight. https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 */
export const webhookBody = (report: Report) => {
  const { id, title, verdict, tone, fromMs, toMs } = report;
  return {
    text: `${MARKS[tone]}${title}. ${verdict}`,
    blocks: [
      { type: "header", text: { type: "plain_text", text: title.slice(0, 150) } },
      { type: "section", text: { type: "mrkdwn", text: mrkdwn(verdict).slice(0, SECTION_CHARACTERS) } },
      {
        type: "context",
        elements: [{ type: "mrkdwn", text: mrkdwn(`${timeText(fromMs)} to ${timeText(toMs)} · report ${id}`) }],
      },
    ],
    report,
  };
};

/** https://docs.slack.dev/messaging/formatting-message-text: these three would be markup. */
const mrkdwn = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
