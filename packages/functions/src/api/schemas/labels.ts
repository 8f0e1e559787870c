import { z } from "@hono/zod-openapi";
import { GivenLabel, type Label, MAX_LABELS_AT_ONCE } from "@tidewatch/core/store/labels";
import { pageOf } from "./paging.ts";

const newExample = {
  detector: "web",
  entity: "web-01",
  fromMs: 1_763_632_800_000,
  toMs: 1_763_634_600_000,
  label: "anomalous" as const,
  note: "disk full",
};

export const NewLabels = z
  .strictObject({ labels: z.array(GivenLabel.clone()).min(1).max(MAX_LABELS_AT_ONCE) })
  .openapi("NewLabels", { example: { labels: [newExample] } });

export const LabelDocument = z
  .object({
    detector: z.string(),
    entity: z.string().openapi({ description: "Of a log detector: the session's key." }),
    fromMs: z.int().openapi({ description: "Inclusive. Of a session labelled by its key alone: 1990." }),
    toMs: z.int().openapi({ description: "Exclusive." }),
    label: z.enum(["anomalous", "normal"]),
    note: z.string().nullable(),
    createdAtMs: z.int().openapi({ description: "Where labels overlap, the one that was made last holds." }),
  })
  .openapi("Label", { example: { ...newExample, createdAtMs: 1_763_640_000_000 } });
export type LabelDocument = z.output<typeof LabelDocument>;

export const labelDocument = ({ note, ...label }: Label): LabelDocument => ({ ...label, note: note ?? null });

export const StoredLabels = z
  .object({
    stored: z.int().openapi({ description: "As many as were sent." }),
    unseen: z.array(z.object({ detector: z.string(), entity: z.string() })).openapi({
      description: "Labelled series, or sessions, of which no event has come yet: perhaps misspelt.",
    }),
  })
  .openapi("StoredLabels", { example: { stored: 1, unseen: [] } });
export type StoredLabels = z.output<typeof StoredLabels>;

export const LabelPage = pageOf(LabelDocument).openapi("LabelPage");
