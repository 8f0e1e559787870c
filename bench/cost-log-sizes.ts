import { encodeStore } from "@tidewatch/core/log/template/codec";
import { templatesOf } from "@tidewatch/core/log/template/store";
import type { Item, Table } from "@tidewatch/core/store/ports";
import { archiveHandler } from "@tidewatch/functions/archive-handler";
import { memoryBlobs } from "../test/support/memory-blobs.ts";
import { memoryTable } from "../test/support/memory-table.ts";
import { itemBytes, meanBytes, meanUnits } from "./cost-sizes.ts";
import { lambdaEvent } from "./lambda-event.ts";
import {
  BATCH_LINES,
  blockDetector,
  blockEntries,
  blockHandler,
  MS_PER_LINE,
  take,
  trainedOnBlocks,
} from "./log-blocks.ts";
import { T0 } from "./workload.ts";

/** Blocks that end while it is measured: some 2,000. */
const LINES = 50_000;

/** Sizes of lines, and of what the log stage writes for sessions of a file system's log: the same on every machine. */
export const logSizesBench = async () => {
  const { model, lines, nextRecord } = await trainedOnBlocks();
  const { table, meter } = meteredTable();
  const handler = blockHandler(table, blockDetector(), model);
  const messages = take(lines, LINES);
  for (let first = 0; first < LINES; first += BATCH_LINES) {
    const fromMs = T0 + first * MS_PER_LINE;
    await handler(
      lambdaEvent(blockEntries(messages.slice(first, first + BATCH_LINES), fromMs), nextRecord + first, fromMs),
    );
  }
  const entries = blockEntries(messages.slice(0, BATCH_LINES), T0);
  const bytes = entries.reduce((sum, { data }) => sum + data.length, 0);
  const lineBytes = messages.slice(0, BATCH_LINES).reduce((sum, { length }) => sum + length, 0);
  const packed = (items: readonly Item[]): number => items.reduce((sum, item) => sum + itemBytes(item), 0);
  const templates = [...templatesOf(model.templates)].length;
  return {
    lineBytes: Math.round(lineBytes / entries.length),
    /** What an event has around its line. */
    envelopeBytes: Math.round((bytes - lineBytes) / entries.length),
    /** What a record has around its data, which is base64 in it. */
    recordBytes: Math.round((JSON.stringify(lambdaEvent(entries, 0, T0)).length - (bytes * 4) / 3) / entries.length),
    archivedBytes: Math.round(await archivedBytes(entries)),
    headBytes: meanBytes(meter.heads.map(itemBytes)),
    headWriteUnits: meanUnits(meter.heads.map(itemBytes)),
    endedBytes: Math.round(packed(meter.ended) / meter.ended.reduce((sum, { version }) => sum + version, 0)),
    dueBytes: Math.round(packed(meter.due) / meter.dueKeys),
    anomalousWriteUnits: meanUnits(meter.anomalous.map(itemBytes)),
    anomalousBytes: meanBytes(meter.anomalous.map(itemBytes)),
    templateBytes: Math.round(encodeStore(model.templates).length / templates),
  };
};

type Meter = Record<"heads" | "ended" | "due" | "anomalous", Item[]> & { dueKeys: number };

const kindOf = ({ pk, expiresAtMs }: Item): "heads" | "ended" | "due" | "anomalous" | undefined => {
  if (pk.startsWith("SESSION#")) return "heads";
  if (pk.startsWith("ENDED-SESSIONS#")) return "ended";
  if (pk.startsWith("ANOMALOUS-SESSIONS#")) return "anomalous";
  // What is removed expired long ago.
  return pk.startsWith("DUE-SESSIONS#") && (expiresAtMs ?? T0) >= T0 ? "due" : undefined;
};

const meteredTable = () => {
  const table = memoryTable(() => T0);
  const meter: Meter = { heads: [], ended: [], due: [], anomalous: [], dueKeys: 0 };
  const metered: Table = {
    ...table,
    putMany: async (puts) => {
      for (const { item } of puts) {
        const kind = kindOf(item);
        if (kind) meter[kind].push(item);
        if (kind === "due") meter.dueKeys += JSON.parse(item.doc!).keys.length;
      }
      return await table.putMany(puts);
    },
  };
  return { table: metered, meter };
};

/** Per line, in an object of a batch. */
const archivedBytes = async (entries: ReturnType<typeof blockEntries>): Promise<number> => {
  const blobs = memoryBlobs();
  await archiveHandler({ table: memoryTable(() => T0), blobs })(lambdaEvent(entries, 0, T0));
  return [...blobs.objects.values()].reduce((sum, { length }) => sum + length, 0) / entries.length;
};
