import { z } from "zod";
import type { StreamEntry } from "../store/ports.ts";

/**
 * Where Lambda leaves the batches that an event-source mapping gave up, under names of its own:
 * `aws/lambda/<id of the mapping>/<shardId>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<random>`.
 * https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
export const GIVEN_UP_ROOT = "aws/lambda/";

/** Of the invocation record only what is put back; why and where the batch failed is for people. */
const InvocationRecord = z.object({ payload: z.string() });
const Payload = z.object({
  Records: z.array(z.object({ kinesis: z.object({ partitionKey: z.string(), data: z.base64() }) })),
});

/**
 * The records of one object, byte for byte and under the keys that they came with. `undefined` when it holds none: what
 * Lambda leaves without the records names only their place on the stream.
 */
export const givenUpIn = (bytes: Uint8Array): StreamEntry[] | undefined => {
  const invocation = InvocationRecord.safeParse(parseJson(new TextDecoder().decode(bytes)));
  const payload = Payload.safeParse(invocation.success ? parseJson(invocation.data.payload) : undefined);
  return payload.data?.Records.map(({ kinesis: { partitionKey, data } }) => ({
    partitionKey,
    data: Uint8Array.from(atob(data), (character) => character.charCodeAt(0)),
  }));
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
