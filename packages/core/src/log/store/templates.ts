import { z } from "zod";
import { AppError } from "../../errors.ts";
import type { Item } from "../../store/ports.ts";

/** A template as it is listed: when the first line of it came, and where that stands. */
export const StoredTemplate = z.strictObject({
  id: z.string(),
  text: z.string(),
  /** In capitals, as the log spells it, of the first line. */
  level: z.string().optional(),
  /** Time of the first line by the line itself. */
  firstMs: z.number(),
  first: z.strictObject({
    shardId: z.string(),
    sequenceNumber: z.string(),
    arrivalMs: z.number(),
    part: z.int().nonnegative(),
    digest: z.int().nonnegative(),
  }),
  /** No model knew it when it came, though there was one: news. */
  isNew: z.boolean(),
});
export type StoredTemplate = z.output<typeof StoredTemplate>;

/** The template of an item; `undefined` for what cannot be read. */
export const templateIn = ({ doc }: Item): StoredTemplate | undefined => {
  try {
    return StoredTemplate.parse(JSON.parse(doc ?? "null"));
  } catch {
    return undefined;
  }
};

/** Throws `CORRUPT`, naming the item, for what is no template. */
export const parseTemplate = (item: Item): StoredTemplate => {
  const template = templateIn(item);
  if (template) return template;
  throw new AppError("CORRUPT", `the template ${item.sk} of ${item.pk} cannot be read`);
};
