import { z } from "@hono/zod-openapi";
import { pageOf } from "./paging.ts";

const count = z.int().nonnegative();

export const RawLine = z
  .object({
    object: z.string().nullable().openapi({ description: "Key of the archive object; `null` when there is none." }),
    line: z.int().nullable().openapi({ description: "Its number in the object, from 1." }),
    text: z.string().nullable().openapi({ description: "The message; the first 4,096 characters of a longer one." }),
    timestamp: z.int().nullable(),
    reason: z
      .enum(["not archived yet", "not in the archive", "not looked up"])
      .nullable()
      .openapi({
        description:
          "Why the line is not shown: the archive gathers records for a minute; its objects may have been deleted; " +
          "one request looks into 16 objects.",
      }),
  })
  .openapi("RawLine", {
    example: {
      object: "events/dt=2026-11-20/hour=10/shardId-000000000001-4961.ndjson.gz",
      line: 812,
      text: "081109 204005 35 INFO dfs.FSNamesystem: Redundant addStoredBlock request received for blk_-6952",
      timestamp: 1_763_632_800_000,
      reason: null,
    },
  });

const item = { templateId: z.string(), template: z.string(), count };
const listedItems = z.array(z.object(item));
const explainedItems = z.array(
  z.object({
    ...item,
    firstLine: RawLine.nullable().openapi({ description: "`null` where the session has no line of the template." }),
  }),
);

const judgement = {
  score: z.number().min(0).max(1).openapi({ description: "Anomalous from 0.5 on." }),
  isAnomalous: z.boolean(),
  isFinal: z.boolean().openapi({
    description: "No later line can change it. Otherwise it is as if the session ended now: what is missing may come.",
  }),
  decidedBy: z.enum(["labels", "signatures", "rules"]),
  modelVersion: z.int(),
};
const lacking = "Templates of which it has fewer lines than the nearest normal sessions, and how many fewer.";
const exceeding = "Templates of which it has more lines than the nearest normal sessions, and how many more.";
const span = {
  startMs: z.int().openapi({ description: "Time of its first line." }),
  endMs: z.int().openapi({ description: "Time of its newest line." }),
  lines: count,
  state: z.enum(["open", "idle", "length"]).openapi({
    description: "`open`; or ended, by a silence of its key (`idle`) or because it was as long as allowed (`length`).",
  }),
};

export const AnomalousSession = z
  .object({
    ...{ detector: z.string(), key: z.string(), ...span, ...judgement },
    missing: listedItems.openapi({ description: lacking }),
    extra: listedItems.openapi({ description: exceeding }),
  })
  .openapi("AnomalousSession", {
    example: {
      ...{ detector: "hdfs", key: "blk_-6952", startMs: 1_763_632_800_000, endMs: 1_763_632_861_000, lines: 14 },
      ...{ state: "idle", score: 0.97, isAnomalous: true, isFinal: true, decidedBy: "signatures", modelVersion: 2 },
      missing: [
        { templateId: "9f2c4e1ab07d5e6f", template: "PacketResponder <*> for block <*> terminating", count: 1 },
      ],
      extra: [{ templateId: "0f3a1c2b4d5e6f70", template: "writeBlock <*> received exception <*>", count: 1 }],
    },
  });
export const SessionPage = pageOf(AnomalousSession).openapi("SessionPage");
export type AnomalousSession = z.output<typeof AnomalousSession>;

export const SessionDocument = z
  .object({
    ...{ detector: z.string(), key: z.string(), ...span },
    verdict: z
      .object({
        ...judgement,
        probability: z.number().min(0).max(1).nullable().openapi({
          description: "That it is anomalous, by the model that learnt from labels; `null` without one.",
        }),
        nearest: z
          .object({ sessions: count, share: z.number(), distance: z.number() })
          .nullable()
          .openapi({
            description:
              "The normal sessions that are most alike: how many the model has seen, their share of all, and by " +
              "how many lines this one differs.",
          }),
        missing: explainedItems.openapi({ description: lacking }),
        extra: explainedItems.openapi({ description: exceeding }),
        firstOffending: RawLine.nullable().openapi({ description: "The first line of which there are too many." }),
      })
      .nullable()
      .openapi({ description: "`null` until there is a model." }),
    longestSilenceSeconds: z
      .number()
      .nonnegative()
      .openapi({ description: "Longest time between a line and the next one." }),
    templates: z
      .array(z.object({ id: z.string(), text: z.string(), count }))
      .openapi({ description: "In the order in which they came first, 100 at most." }),
    label: z
      .object({ label: z.enum(["anomalous", "normal"]), note: z.string().nullable(), createdAtMs: z.int() })
      .nullable(),
    earlier: z
      .array(z.object({ ...span, score: z.number().nullable(), isAnomalous: z.boolean().nullable() }))
      .openapi({ description: "Other sessions of the key, newest first, 100 at most; `start` asks for one of them." }),
  })
  .openapi("Session", {
    example: {
      ...{ detector: "hdfs", key: "blk_-6952", startMs: 1_763_632_800_000, endMs: 1_763_632_861_000, lines: 14 },
      state: "idle",
      verdict: {
        ...{ score: 0.97, isAnomalous: true, isFinal: true, decidedBy: "signatures", modelVersion: 2 },
        probability: null,
        nearest: { sessions: 5200, share: 0.52, distance: 2 },
        missing: [
          {
            templateId: "9f2c4e1ab07d5e6f",
            template: "PacketResponder <*> for block <*> terminating",
            count: 1,
            firstLine: null,
          },
        ],
        extra: [],
        firstOffending: null,
      },
      longestSilenceSeconds: 41.5,
      templates: [{ id: "5d2a7c90e1b34f68", text: "Receiving block <*> src: <*> dest: <*>", count: 3 }],
      label: null,
      earlier: [],
    },
  });
export type SessionDocument = z.output<typeof SessionDocument>;

const template = {
  detector: z.string(),
  id: z.string(),
  text: z.string(),
  level: z.string().nullable().openapi({ description: "Of its first line, as the log spells it, in capitals." }),
  status: z.enum(["known", "new", "vanished"]).openapi({
    description:
      "`new`: it came after a model was trained, and no model knows it yet. `vanished`: it used to come, and its " +
      "silence is no chance while other lines go on; told only where the detector has `rates`.",
  }),
  firstMs: z.int().openapi({ description: "Time of its first line." }),
  earlierIds: z.array(z.string()).openapi({ description: "Ids that it had before templates were joined." }),
  rate: z
    .object({ lines: count, lastMs: z.int(), linesPerInterval: z.number() })
    .nullable()
    .openapi({ description: "From its series of `<detector>.rates`; `null` where it has none." }),
};
const templateExample = {
  detector: "hdfs",
  id: "9f2c4e1ab07d5e6f",
  text: "PacketResponder <*> for block <*> terminating",
  level: "INFO",
  status: "known" as const,
  firstMs: 1_763_632_800_000,
  earlierIds: [],
  rate: { lines: 18_204, lastMs: 1_763_632_861_000, linesPerInterval: 151.7 },
};
export const TemplateDocument = z.object(template).openapi("Template", { example: templateExample });
export type TemplateDocument = z.output<typeof TemplateDocument>;
export const TemplatePage = pageOf(TemplateDocument).openapi("TemplatePage");

export const TemplateDetail = z.object({ ...template, firstLine: RawLine }).openapi("TemplateDetail", {
  example: {
    ...templateExample,
    firstLine: {
      object: "events/dt=2026-11-20/hour=10/shardId-000000000001-4961.ndjson.gz",
      ...{
        line: 7,
        text: "PacketResponder 1 for block blk_38 terminating",
        timestamp: 1_763_632_800_000,
        reason: null,
      },
    },
  },
});

export const TemplateLine = z
  .object({ object: z.string(), line: z.int(), text: z.string(), timestamp: z.int() })
  .openapi("TemplateLine", {
    example: {
      object: "events/dt=2026-11-20/hour=10/shardId-000000000001-4961.ndjson.gz",
      ...{ line: 7, text: "PacketResponder 1 for block blk_38 terminating", timestamp: 1_763_632_800_000 },
    },
  });
export const TemplateLinePage = pageOf(TemplateLine).openapi("TemplateLinePage");
