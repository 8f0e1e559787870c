import { z } from "@hono/zod-openapi";
import { type ApiKey, NewKey } from "@tidewatch/core/access/key";
import { Scope } from "@tidewatch/core/access/scopes";
import { pageOf } from "./paging.ts";

const keyExample = {
  id: "4f1c09b2a7de",
  name: "ci",
  scopes: ["ingest" as const],
  ratePerMinute: 6000,
  createdAtMs: 1_763_632_800_000,
  expiresAtMs: 1_771_408_800_000,
  lastUsedAtMs: 1_763_640_000_000,
  revokedAtMs: null,
};

export const NewKeyDocument = NewKey.clone().openapi("NewKey", { example: { name: "ci", scopes: ["ingest"] } });

/** What anybody may see of a key: neither its secret nor the secret's hash. */
export const KeyDocument = z
  .object({
    id: z.string().openapi({ description: "Public: it stands in lists and logs." }),
    name: z.string(),
    scopes: z.array(Scope.clone()),
    ratePerMinute: z.int(),
    createdAtMs: z.int(),
    expiresAtMs: z.int().nullable().openapi({ description: "`null`: never." }),
    lastUsedAtMs: z.int().nullable().openapi({ description: "To about a minute; `null` before the first time." }),
    revokedAtMs: z.int().nullable().openapi({ description: "`null` while it is not revoked." }),
  })
  .openapi("Key", { example: keyExample });
export type KeyDocument = z.output<typeof KeyDocument>;

export const keyDocument = (key: ApiKey, lastUsedAtMs: number | undefined): KeyDocument => ({
  ...{ id: key.id, name: key.name, scopes: key.scopes, ratePerMinute: key.ratePerMinute },
  createdAtMs: key.createdAtMs,
  expiresAtMs: key.expiresAtMs ?? null,
  lastUsedAtMs: lastUsedAtMs ?? null,
  revokedAtMs: key.revokedAtMs ?? null,
});

export const KeyPage = pageOf(KeyDocument).openapi("KeyPage");

export const CreatedKey = z
  .object({
    key: KeyDocument,
    token: z.string().openapi({ description: "The bearer token. Shown here and never again." }),
  })
  .openapi("CreatedKey", {
    example: {
      key: { ...keyExample, lastUsedAtMs: null },
      token: "tw_4f1c09b2a7de_0000000000000000000000000000000000000000000",
    },
  });
