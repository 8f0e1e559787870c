import { isSevere } from "../../log/session/severity.ts";
import { currentIds, type TemplateStore, templatesOf } from "../../log/template/store.ts";
import { templateId, templateText } from "../../log/template/template.ts";

/**
 * Templates that tell of trouble, by their text or by the level of their lines.
 * @param levels level of an id's lines; ids may be earlier ones
 */
export const severeTemplates = (
  store: TemplateStore,
  levels: Iterable<readonly [id: string, level: string]>,
): Set<string> => {
  const currentId = currentIds(store);
  const byText = [...templatesOf(store)].filter((template) => isSevere(templateText(template))).map(templateId);
  const byLevel = [...levels].filter(([, level]) => isSevere("", level)).map(([id]) => currentId(id));
  return new Set([...byText, ...byLevel]);
};
