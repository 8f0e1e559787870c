import { currentIds, type TemplateStore, templatesOf } from "./store.ts";
import { templateId } from "./template.ts";

/**
 * What happened between two states of a store. `events` are lines per template in that time: the rows of a rate
 * detector, 0 for templates that were silent. `appeared` had no line before, and none of the templates that it is made
 * of had.
 */
export type TemplateChanges = { events: Map<string, number>; appeared: string[]; silent: string[] };

/**
 * Compares a store with a later state of it (or with a merge that holds it). Ids are those of the later state,
 * ascending; templates joined in between count as one that was known.
 */
export const templateChanges = (before: TemplateStore, after: TemplateStore): TemplateChanges => {
  const currentId = currentIds(after);
  const known = new Map<string, number>();
  for (const template of templatesOf(before)) {
    const id = currentId(templateId(template));
    known.set(id, (known.get(id) ?? 0) + template.count);
  }
  const counts = Array.from(templatesOf(after), (template): [string, number] => [templateId(template), template.count]);
  const events = new Map(
    counts
      .map(([id, count]): [string, number] => [id, count - (known.get(id) ?? 0)])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  return {
    events,
    appeared: [...events.keys()].filter((id) => !known.has(id)),
    silent: [...events].filter(([, count]) => count === 0).map(([id]) => id),
  };
};
