import { shardTemplatesKey, templateKey } from "../../store/keys.ts";
import type { Item, Table } from "../../store/ports.ts";
import type { LogModel } from "../model.ts";
import type { LinePointer } from "../session/session.ts";
import { parseTemplate, type StoredTemplate } from "../store/templates.ts";
import { decodeStore } from "../template/codec.ts";
import {
  currentIds,
  emptyStore,
  mergeStores,
  type TemplateStore,
  templatesOf,
  templateTexts,
} from "../template/store.ts";
import { templateId } from "../template/template.ts";

/** A template as it is by now; `earlierIds` are those under which it was known before others were joined to it. */
export type TemplateView = {
  id: string;
  text: string;
  level: string | undefined;
  /** Of the first line, by the line itself. */
  firstMs: number;
  first: LinePointer;
  /** It came after the training of a model, and no model knows it yet. */
  isNew: boolean;
  earlierIds: string[];
};
/** `live` is what the shards' consumers have met beside the model's templates, as one store. */
export type Templates = { list: TemplateView[]; currentId: (id: string) => string; live: TemplateStore };

/** Items per range query; templates that are read at most, with those that were joined. */
const PAGE = 1000;
const MAX_TEMPLATES = 50_000;

/**
 * The templates of a detector, the newest first. A template's id is the one that the model knows it by; of those that
 * it does not know, the one that all shards' stores together come to.
 */
export const readTemplates = async (
  table: Table,
  detectorId: string,
  model: LogModel | undefined,
): Promise<Templates> => {
  const live = await liveTemplates(table, detectorId);
  const texts = new Map([...templateTexts(live), ...(model ? templateTexts(model.templates) : [])]);
  const known = model ? knownIds(model.templates) : new Set<string>();
  const [liveId, modelId] = [currentIds(live), model?.currentId ?? ((id: string) => id)];
  const currentId = (id: string): string => modelId(known.has(id) ? id : liveId(id));
  const stored = await storedTemplates(table, detectorId);
  const list = Array.from(
    Map.groupBy(stored, ({ id }) => currentId(id)),
    ([id, items]): TemplateView => {
      const oldest = items.reduce((a, b) => (b.firstMs < a.firstMs ? b : a));
      return {
        id,
        text: texts.get(id) ?? items.find((item) => item.id === id)?.text ?? oldest.text,
        level: items.find(({ level }) => level !== undefined)?.level,
        firstMs: oldest.firstMs,
        first: oldest.first,
        isNew: items.every(({ isNew }) => isNew) && !known.has(id),
        earlierIds: items.flatMap((item) => (item.id === id ? [] : [item.id])).sort(),
      };
    },
  );
  return { list: list.sort((a, b) => b.firstMs - a.firstMs || (a.id < b.id ? -1 : 1)), currentId, live };
};

/** What the shards' consumers have met beside the model's templates, as one store. */
export const liveTemplates = async (table: Table, detectorId: string): Promise<TemplateStore> => {
  const items = await all(table, shardTemplatesKey(detectorId, "").pk);
  const stores = items.map(({ pk, sk, bytes }) => decodeStore(bytes ?? NO_BYTES, `the templates ${sk} of ${pk}`));
  return stores.reduce(mergeStores, emptyStore());
};
const NO_BYTES = new Uint8Array(0);

/** Templates as they were listed, by the ids that they had then. */
export const storedTemplates = async (table: Table, detectorId: string): Promise<StoredTemplate[]> =>
  (await all(table, templateKey(detectorId, "").pk)).map(parseTemplate);

const all = async (table: Table, pk: string): Promise<Item[]> => {
  const found: Item[] = [];
  // NUL is the lowest character: what follows it sorts right behind the last key.
  for (let from = ""; found.length < MAX_TEMPLATES; from = `${found.at(-1)!.sk}\u0000`) {
    const page = await table.query({ pk, from, limit: PAGE });
    found.push(...page);
    if (page.length < PAGE) break;
  }
  return found;
};

const knownIds = (store: TemplateStore): Set<string> =>
  new Set(Array.from(templatesOf(store), (template) => [templateId(template), ...template.earlier]).flat());
