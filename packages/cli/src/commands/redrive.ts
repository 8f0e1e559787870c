import { Command } from "commander";
import { EXIT } from "../failure.ts";
import { httpClient, type Server } from "../http/client.ts";
import { apiKeyOption, examples, jsonOption, urlOption } from "../options.ts";
import { thousands } from "../output/progress.ts";

type RedriveOptions = Server & { again?: true; json?: true };
/** What `POST /v1/failed/redrive` answers. */
type Answer = {
  objects: number;
  records: number;
  done: number;
  unclear: string[];
  unreadable: string[];
  cursor: string | null;
};
type Totals = Omit<Answer, "cursor">;

export const redriveCommand = () =>
  new Command("redrive")
    .description("put failed records and batches that were given up back onto the stream, each once")
    .addOption(urlOption())
    .addOption(apiKeyOption())
    .option("--again", "those too that an interrupted redrive had begun; records of them may come twice")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
What the scorer or the log stage failed on is kept under failed/score/ and failed/log/ with the reason; what a consumer gave
up on AWS, under aws/lambda/. Repair the cause first: it would fail again. Records come as new ones at the end of their series, to all consumers, so
that what is older than the series' lateness allows counts as late.
${examples([["After a damaged series was restored", "tidewatch redrive"]])}`,
    )
    .action(run);

const run = async ({ again, json, ...server }: RedriveOptions): Promise<void> => {
  const client = httpClient(server);
  const totals: Totals = { objects: 0, records: 0, done: 0, unclear: [], unreadable: [] };
  for (let cursor: string | null = ""; cursor !== null; ) {
    const query = new URLSearchParams({ again: String(again === true), ...(cursor && { cursor }) });
    const answer = (await client.request("POST", `/v1/failed/redrive?${query}`)) as Answer;
    totals.objects += answer.objects;
    totals.records += answer.records;
    totals.done += answer.done;
    totals.unclear.push(...answer.unclear);
    totals.unreadable.push(...answer.unreadable);
    cursor = answer.cursor;
  }
  console.log(json ? JSON.stringify(totals, null, 2) : redriveText(totals));
  process.exitCode = totals.unclear.length + totals.unreadable.length > 0 ? EXIT.failure : EXIT.ok;
};

const redriveText = ({ objects, records, done, unclear, unreadable }: Totals): string =>
  [
    `${thousands(records)} records of ${thousands(objects)} objects are on the stream again; ${thousands(done)} objects were before.`,
    ...(unclear.length === 0
      ? []
      : [
          `${thousands(unclear.length)} objects were begun by another redrive, which is under way or was interrupted:`,
          ...unclear.map((key) => `  ${key}`),
          "If none is under way, `tidewatch redrive --again` sends them; records of them may come twice.",
        ]),
    ...(unreadable.length === 0
      ? []
      : [
          `${thousands(unreadable.length)} objects hold no records; each says where on the stream they were, for two days after they came:`,
          ...unreadable.map((key) => `  ${key}`),
        ]),
  ].join("\n");
