import type { AliasMove } from "@tidewatch/core/register/aliases";
import type { AliasMoveDocument } from "../schemas/model-aliases.ts";

/** Without the count of moves. */
export const shownMove = ({ alias, version, before, sinceMs, by, reason, evidence }: AliasMove): AliasMoveDocument => ({
  ...{ alias, version, before: before ?? null, sinceMs },
  ...{ by: by ?? null, reason: reason ?? null, evidence: evidence ?? null },
});
