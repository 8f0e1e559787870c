import { z } from "@hono/zod-openapi";
import type { PartialReceipts } from "@tidewatch/core/store/put-failure";
import { countThatFit } from "../http/answer-size.ts";

export const Rejection = z.object({
  index: z.int().openapi({ description: "Place among the events of the request, from 0; blank lines do not count." }),
  reason: z.string().openapi({ description: "Empty when the reasons before it have filled the answer." }),
});
export type Rejection = z.output<typeof Rejection>;

/** How far the events of a request came: exactly what a producer has to know in order to send each once. */
export const Progress = z.object({
  accepted: z.int().openapi({ description: "Events that are durable on the stream now." }),
  rejected: z
    .array(Rejection)
    .openapi({ description: "Events that are refused, with the field and the rule. Nobody else keeps them." }),
  notStored: z
    .array(z.int())
    .openapi({ description: "Events before `resumeFrom` that are neither stored nor refused: send them again." }),
  resumeFrom: z.int().openapi({ description: "None of the events from this index on is stored: send them again." }),
});
export type Progress = z.output<typeof Progress>;

export const nothingDone = (): Progress => ({ accepted: 0, rejected: [], notStored: [], resumeFrom: 0 });

/** Some events of a request: what was left over, or the next ones. `resumeFrom` holds when none of them gets stored. */
export type Turn = { indexes: readonly number[]; resumeFrom: number };

/** What is left to do, in turns of at most `size` events. */
export function* turnsOf({ notStored, resumeFrom }: Progress, count: number, size: number): Generator<Turn> {
  if (notStored.length > 0) yield { indexes: notStored, resumeFrom };
  for (let first = resumeFrom; first < count; first += size) {
    const length = Math.min(size, count - first);
    yield { indexes: Array.from({ length }, (_, place) => first + place), resumeFrom: first };
  }
}

/**
 * What a turn that failed leaves to do. `valid` are the indexes of its entries, `stored` their receipts. Refused events from
 * `resumeFrom` on are told when they come again.
 */
export const afterFailure = (
  { accepted, rejected }: Pick<Progress, "accepted" | "rejected">,
  { resumeFrom: atLeast }: Turn,
  valid: readonly number[],
  stored: PartialReceipts,
): Progress => {
  const lastStored = valid.findLast((_, place) => stored[place]);
  const resumeFrom = Math.max(atLeast, (lastStored ?? -1) + 1);
  return {
    accepted: accepted + stored.filter(Boolean).length,
    rejected: rejected.filter(({ index }) => index < resumeFrom),
    notStored: valid.filter((index, place) => index < resumeFrom && !stored[place]),
    resumeFrom,
  };
};

/** Room for reasons; the places of 100,000 refused events need no more than the rest of what an answer may have. */
const MOST_REASON_BYTES = 2_000_000;

/** Refusals as an answer tells them. */
export const shortened = (rejected: readonly Rejection[]): Rejection[] => {
  const told = countThatFit(rejected, MOST_REASON_BYTES);
  return rejected.map(({ index, reason }, place) => ({ index, reason: place < told ? reason : "" }));
};
