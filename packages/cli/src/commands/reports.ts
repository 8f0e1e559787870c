import type { Report, ReportEntry } from "@tidewatch/core/report/report";
import { Command, Option } from "commander";
import { httpClient, type Server } from "../http/client.ts";
import { apiKeyOption, count, examples, jsonOption, urlOption } from "../options.ts";
import { printable } from "../output/printable.ts";
import { table } from "../output/table.ts";

export const reportsCommand = () => {
  const command = new Command("reports").description("see how detectors and their models fare, and send it");
  serverOf(command.command("list"))
    .description("list reports, newest first")
    .option("-d, --detector <id>", "of this detector only")
    .option("-n, --limit <count>", "at most so many", count, 20)
    .addOption(jsonOption())
    .action(list);
  serverOf(command.command("show"))
    .description("print a report")
    .argument("<id>", "its id, as `reports list` shows it")
    .addOption(new Option("--html", "the page, to be put into a file").conflicts("json"))
    .addOption(jsonOption())
    .action(show);
  serverOf(command.command("send"))
    .description("make a report of the last seven days now, and send it to those whom the detector names")
    .argument("<detector>", "the detector's id")
    .addOption(jsonOption())
    .action(send);
  return command.addHelpText("after", HELP);
};

const HELP = `
Reports are made by themselves when a detector says so: "reports": {"every": "week", "mail": ["ops@example.com"]}, and, unless it
says otherwise, when its data have drifted. Without a mail server, messages are files in the folder mail of the data folder.
${examples([
  ["What has been reported of web?", "tidewatch reports list -d web"],
  ["Read one", "tidewatch reports show web-week-2026-11-09"],
  ["Look at it", "tidewatch reports show web-week-2026-11-09 --html > report.html"],
  ["Now, not on Monday", "tidewatch reports send web"],
])}`;

const serverOf = (command: Command): Command => command.addOption(urlOption()).addOption(apiKeyOption());

type ListOptions = Server & { detector?: string; limit: number; json?: true };

const list = async ({ detector, limit, json, ...server }: ListOptions) => {
  const client = httpClient(server);
  const items: ReportEntry[] = [];
  for (let cursor: string | null = ""; cursor !== null && items.length < limit; ) {
    const query = new URLSearchParams({ limit: String(Math.min(200, limit - items.length)) });
    if (detector !== undefined) query.set("detector", detector);
    if (cursor !== "") query.set("cursor", cursor);
    const page = (await client.request("GET", `/v1/reports?${query}`)) as {
      items: ReportEntry[];
      cursor: string | null;
    };
    items.push(...page.items);
    cursor = page.cursor;
  }
  if (json) return console.log(JSON.stringify(items, null, 2));
  if (items.length === 0) return console.log("There are no reports yet; `tidewatch reports send DETECTOR` makes one.");
  const rows = items.map(({ id, createdAtMs, title, mail, webhook }) => [
    ...[id, new Date(createdAtMs).toISOString().slice(0, 16).replace("T", " "), title, mail.state, webhook.state],
  ]);
  console.log(table(["id", "made (UTC)", "what", "mail", "webhook"], rows));
};

const show = async (id: string, { html, json, ...server }: Server & { html?: true; json?: true }) => {
  const client = httpClient(server);
  const report = (await client.request("GET", `/v1/reports/${encodeURIComponent(id)}`)) as Report;
  if (json) return console.log(JSON.stringify(report, null, 2));
  if (html) {
    const { reportHtml } = await import("@tidewatch/core/report/html");
    return console.log(reportHtml(report, "page"));
  }
  const { reportText } = await import("@tidewatch/core/report/text");
  // It tells of entities, whose names come from whoever sends events.
  process.stdout.write(printable(reportText(report)));
};

const send = async (detector: string, { json, ...server }: Server & { json?: true }) => {
  const path = `/v1/detectors/${encodeURIComponent(detector)}/report`;
  const entry = (await httpClient(server).request("POST", path)) as ReportEntry;
  if (json) return console.log(JSON.stringify(entry, null, 2));
  const to = [...entry.mail.to, ...(entry.webhook.to.length > 0 ? ["its webhook"] : [])];
  const where =
    to.length > 0 ? `it goes to ${to.join(", ")} with the next run` : "the detector names nobody to send it to";
  console.log(`${entry.id} is made; ${where}.\n\n${printable(entry.verdict)}`);
};
