import { AppError } from "@tidewatch/core/errors";
import { NewLabel } from "@tidewatch/core/store/labels";
import { type BadRow, readCsv } from "../input/csv.ts";
import { openBytes } from "../input/open.ts";
import { parseTimestamp } from "../input/timestamp.ts";

const COLUMNS = ["detector", "entity", "from", "to", "label"] as const;
/** Wrong lines that are named. */
const SHOWN = 10;
/** As `score` and `evaluate` write it, too. */
const AS_NUMBER: Record<string, NewLabel["label"]> = { "0": "normal", "1": "anomalous" };

/** @throws AppError VALIDATION that names the wrong lines */
export const readLabels = async (path: string): Promise<NewLabel[]> => {
  const name = path === "-" ? "The input" : path;
  const bad: BadRow[] = [];
  const { header, rows } = await readCsv(name, await openBytes(path), (row) => bad.push(row));
  const absent = COLUMNS.find((column) => !header.includes(column));
  if (absent) {
    throw new AppError(
      "VALIDATION",
      `${name} has no column "${absent}"; it needs ${COLUMNS.join(",")} and may have note (its header: ${header.join(",")}).`,
    );
  }
  const labels: NewLabel[] = [];
  for await (const { line, cells } of rows) {
    const read = readLabel(Object.fromEntries(header.map((column, at) => [column, cells[at]!.trim()])));
    if (typeof read === "string") bad.push({ line, reason: read });
    else labels.push(read);
  }
  if (bad.length > 0) throw wrongLines(name, bad);
  if (labels.length === 0) throw new AppError("VALIDATION", `${name} has a header and no labels.`);
  return labels;
};

/** The label, or what is wrong with it. */
const readLabel = ({
  detector,
  entity,
  from = "",
  to = "",
  label = "",
  note,
}: Record<string, string>): NewLabel | string => {
  const wrong = [from, to].find((text) => parseTimestamp(text) === undefined);
  if (wrong !== undefined) return `"${wrong}" is no time (RFC 3339, or epoch seconds or milliseconds)`;
  const kind = AS_NUMBER[label] ?? label;
  if (kind !== "anomalous" && kind !== "normal") return `"${label}" is no label: it is anomalous (1) or normal (0)`;
  const span = { fromMs: parseTimestamp(from), toMs: parseTimestamp(to) };
  const parsed = NewLabel.safeParse({ detector, entity, ...span, label: kind, ...(note ? { note } : {}) });
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  return path[0] === "toMs" ? `it ends (${to}) before it begins (${from})` : `${path.join(".")}: ${message}`;
};

const wrongLines = (name: string, bad: readonly BadRow[]): AppError => {
  const shown = bad.slice(0, SHOWN).map(({ line, reason }) => `line ${line}: ${reason}`);
  const more = bad.length > SHOWN ? [`and ${bad.length - SHOWN} more`] : [];
  return new AppError("VALIDATION", `${name}: nothing was imported.\n  ${[...shown, ...more].join("\n  ")}`);
};
