import { z } from "@hono/zod-openapi";
import { AliasName } from "@tidewatch/core/register/aliases";
import { cursorQuery, limitQuery, timeQuery } from "./paging.ts";

const moveExample = {
  ...{ alias: "champion", version: 4, before: 3, sinceMs: 1_763_632_800_000, by: "workflow" },
  ...{ reason: "version 4 takes the place of version 3: …", evidence: { rows: 1440 } },
};

export const AliasMoveDocument = z
  .object({
    alias: z.string(),
    version: z.int().nullable().openapi({ description: "`null` where the alias was taken away." }),
    before: z.int().nullable().openapi({ description: "What it named until then." }),
    sinceMs: z.int(),
    by: z.string().nullable(),
    reason: z.string().nullable(),
    evidence: z.record(z.string(), z.unknown()).nullable().openapi({ description: "The figures it was decided by." }),
  })
  .openapi("AliasMove", { example: moveExample });
export type AliasMoveDocument = z.output<typeof AliasMoveDocument>;

export const AliasHistory = z
  .object({
    items: z.array(AliasMoveDocument).openapi({ description: "The newest first." }),
    cursor: z.string().nullable().openapi({ description: "Send it for the next page; `null` at the end." }),
    at: AliasMoveDocument.nullable()
      .optional()
      .openapi({ description: "With `at`: the move that held then; `null` when there had been none." }),
  })
  .openapi("AliasHistory");
export type AliasHistory = z.output<typeof AliasHistory>;

const aliasName = AliasName.clone().openapi({ example: "champion" });
/** Moves of a page: a query of the history gives as many. */
const MAX_PAGE = 200;
export const HistoryQuery = z.object({
  alias: aliasName
    .optional()
    .openapi({ description: "Moves of this alias only; with `at` the champion's unless said." }),
  at: timeQuery("What held at this time, and the moves until then."),
  limit: limitQuery(50, MAX_PAGE),
  cursor: cursorQuery,
});

export const AliasWish = z
  .strictObject({
    alias: aliasName,
    version: z.int().positive().nullable().openapi({ description: "`null` takes the alias away." }),
    reason: z.string().min(1).max(500).optional().openapi({ description: "For people, in the history." }),
  })
  .openapi("AliasWish", { example: { alias: "challenger", version: 4, reason: "try it beside the champion" } });

export const Aliases = z
  .record(z.string(), z.object({ version: z.int(), sinceMs: z.int() }))
  .openapi("Aliases", { example: { champion: { version: 3, sinceMs: 1_763_632_800_000 } } });
export const ModelAliases = z.object({ name: z.string(), aliases: Aliases }).openapi("ModelAliases");
export type ModelAliases = z.output<typeof ModelAliases>;
