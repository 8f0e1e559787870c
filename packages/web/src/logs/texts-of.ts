import type { Template } from "../api/shapes.ts";

export const keyOf = ({ detector, entity }: { detector: string; entity: string }): string =>
  JSON.stringify([detector, entity]);

type Told = Pick<Template, "id" | "earlierIds" | "text">;

/** Texts of templates by the series of their rates, under every id that a template has had. */
export const textsOf = (ratesId: string, templates: readonly Told[]): [key: string, text: string][] =>
  templates.flatMap(({ id, earlierIds, text }) =>
    [id, ...earlierIds].map((entity): [string, string] => [keyOf({ detector: ratesId, entity }), text]),
  );
