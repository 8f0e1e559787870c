import { scanRows } from "@tidewatch/core/drift/scan";
import { AppError } from "@tidewatch/core/errors";
import { keepInputs } from "../output/inputs-kept.ts";
import { counted } from "../output/progress.ts";
import { rejections } from "../output/rejections.ts";
import { textFile } from "../output/text-file.ts";
import { openSeries, type SeriesFile } from "../score/series-rows.ts";

export type ScanOptions = {
  input: string;
  referenceRows: number;
  output: string;
  interval?: number;
  timestampColumn?: string;
  skipBad?: true;
};

/** Seconds between rows of a file that does not say. */
const DEFAULT_INTERVAL = 300;

/** `tidewatch drift scan`: a file against its own first rows, with the statistics of the pipeline's checks. */
export const runScan = async (options: ScanOptions): Promise<void> => {
  const { input, output, referenceRows } = options;
  keepInputs(output, [input]);
  const skipped = rejections(undefined, console.error);
  const file = await openSeries(
    input,
    { ...options, interval: options.interval ?? DEFAULT_INTERVAL, skipBad: options.skipBad ?? false },
    skipped.add,
  );
  const { timestamps, columns } = await readColumns(file);
  await skipped.close();
  if (!file.hasTimes && options.interval === undefined) {
    console.error(`${file.name} has no times: its rows are taken to be 5 minutes apart; --interval says otherwise.`);
  }
  if (file.order.firstBack !== undefined) {
    const where = `${file.name}, line ${file.order.firstBack}`;
    throw new AppError(
      "VALIDATION",
      `${where} is older than the line before; put the rows into the order of their times.`,
    );
  }
  if (referenceRows >= timestamps.length) {
    const rows = counted(timestamps.length, "row");
    throw new AppError("VALIDATION", `${file.name} has ${rows}: nothing is left after ${referenceRows} of reference.`);
  }
  const { alarms, referenceDays, hours } = scanRows({ timestamps, features: file.metrics, columns }, referenceRows);
  const rows = [...new Set(alarms.map(({ row }) => row))];
  const text = await textFile(output);
  await text.write(`${JSON.stringify({ alarms: rows, referenceDays, hours, findings: alarms }, null, 2)}\n`);
  await text.close();
  if (output === "-") return;
  const first = alarms[0];
  const what = first ? `; the first at row ${first.row}: ${first.statistic} of ${first.feature}` : "";
  console.error(`${counted(hours, "hour")} held against ${referenceDays} d: ${counted(rows.length, "alarm")}${what}`);
};

const readColumns = async (file: SeriesFile) => {
  const timestamps: number[] = [];
  const columns: number[][] = file.metrics.map(() => []);
  for await (const { timestampMs, values } of file.rows) {
    timestamps.push(timestampMs);
    values.forEach((value, column) => {
      columns[column]!.push(value ?? Number.NaN);
    });
  }
  return { timestamps, columns: columns.map((column) => Float64Array.from(column)) };
};
