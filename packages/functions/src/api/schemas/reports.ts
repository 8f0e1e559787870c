import { z } from "@hono/zod-openapi";
import { Report, ReportEntry } from "@tidewatch/core/report/report";
import { pageOf } from "./paging.ts";

export const ReportPath = z.object({
  id: z.string().openapi({ param: { name: "id", in: "path" }, example: "web-week-2026-11-09" }),
});
export const ReportDocument = Report.clone().openapi("Report");
export const ReportEntryDocument = ReportEntry.clone().openapi("ReportEntry", {
  description: "`mail` and `webhook` say how it was sent. `failed` is tried again by the next run, at most 24 times.",
});
export const ReportPage = pageOf(ReportEntryDocument).openapi("ReportPage");
