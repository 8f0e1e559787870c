import { z } from "@hono/zod-openapi";

export const RedriveResult = z
  .object({
    objects: z.int().openapi({ description: "Objects of failed records that were put back on the stream now." }),
    records: z.int().openapi({ description: "The records in them." }),
    done: z.int().openapi({ description: "Objects that were put back before." }),
    unclear: z.array(z.string()).openapi({
      description:
        "Objects that another redrive began and has not finished: it is under way, or it was interrupted and some of " +
        "their records are on the stream. `again=true` puts them back all the same.",
    }),
    unreadable: z.array(z.string()).openapi({
      description:
        "Objects of batches that were given up, without their records: each names shard and sequence numbers, and the " +
        "stream has the records for two days after they came.",
    }),
    cursor: z.string().nullable().openapi({ description: "Send it to go on; `null` when all objects were looked at." }),
  })
  .openapi("RedriveResult", {
    example: { objects: 2, records: 37, done: 5, unclear: [], unreadable: [], cursor: null },
  });
