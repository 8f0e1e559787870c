import { AppError } from "@tidewatch/core/errors";
import { cellValue, timestampColumn } from "./columns.ts";
import { type BadRow, readCsv } from "./csv.ts";
import type { EventLine } from "./event-lines.ts";
import type { Bytes } from "./open.ts";
import { parseTimestamp } from "./timestamp.ts";

export type CsvEventOptions = {
  name: string;
  /** Entity of rows in a file without an `entity` column. */
  entity: string;
  timestampColumn?: string | undefined;
  onBad: (bad: BadRow) => void;
};

/** One metric event per row: `timestamp`, `entity` (may be absent), and every other column a metric. */
export async function* csvEvents(source: Bytes, options: CsvEventOptions): AsyncGenerator<EventLine> {
  const { header, rows } = await readCsv(options.name, source, options.onBad);
  const timeAt = timestampColumn(header, options.timestampColumn);
  if (timeAt < 0) {
    throw new AppError(
      "VALIDATION",
      `${options.name} has no column named timestamp (its header: ${header.join(", ")}); name it with --timestamp-column.`,
    );
  }
  const entityAt = header.indexOf("entity");
  const metrics = header.map((metric, at) => ({ metric, at })).filter(({ at }) => at !== timeAt && at !== entityAt);
  if (metrics.length === 0)
    throw new AppError("VALIDATION", `${options.name} has no metric column besides its timestamp.`);

  for await (const { line, cells } of rows) {
    const timestamp = parseTimestamp(cells[timeAt]!);
    if (timestamp === undefined) {
      options.onBad({ line, reason: `"${cells[timeAt]}" is no time (RFC 3339, or epoch seconds or milliseconds)` });
      continue;
    }
    const values: [string, number | null | undefined][] = metrics.map(({ metric, at }) => [
      metric,
      cellValue(cells[at]!),
    ]);
    const bad = values.findIndex(([, value]) => value === undefined);
    if (bad >= 0) {
      options.onBad({ line, reason: `values.${metrics[bad]!.metric}: "${cells[metrics[bad]!.at]}" is not a number` });
      continue;
    }
    const entity = entityAt < 0 ? options.entity : cells[entityAt]!;
    const event = { type: "metric", entity, timestamp, values: Object.fromEntries(values) };
    yield { line, bytes: Buffer.from(JSON.stringify(event)) };
  }
}
