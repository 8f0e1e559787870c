import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { KinesisClient, PutRecordsCommand, type PutRecordsCommandInput } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { STREAM_NAME } from "@tidewatch/local/runtime/pipeline";
import { producedRecord, randomFrom } from "./events.ts";

/**
 * A producer as a process of its own: puts its records in batches of random size, again and again until they are
 * acknowledged, and notes each receipt. Its first batch retried may be on the stream already: at least once.
 */
export type ProducerOptions = {
  producer: number;
  records: number;
  url: string;
  receiptsPath: string;
  /** Entity: a series keeps to one shard. Random: it is spread over all. */
  keys: "entity" | "random";
};
export type ProducerProgress = { acknowledged: number; retries: number };

const MAX_BATCH = 500;
const RETRY_MS = 50;

const options = JSON.parse(process.argv[2]!) as ProducerOptions;
const random = randomFrom(options.producer + 1);
const client = new KinesisClient({
  endpoint: options.url,
  region: "us-east-1",
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
  maxAttempts: 1,
  // Every other producer speaks HTTP/1.1, the rest HTTP/2, as the SDK does by default.
  ...(options.producer % 2 === 1 ? { requestHandler: new NodeHttpHandler() } : {}),
});

const put = async (from: number, to: number): Promise<{ receipts: string[]; retries: number }> => {
  const Records = Array.from({ length: to - from }, (_, offset) => {
    const { partitionKey, data } = producedRecord(options.producer, from + offset);
    return { PartitionKey: options.keys === "random" ? `${random()}` : partitionKey, Data: Buffer.from(data) };
  });
  const input: PutRecordsCommandInput = { StreamName: STREAM_NAME, Records };
  for (let retries = 0; ; retries++) {
    try {
      const answer = await client.send(new PutRecordsCommand(input));
      if (answer.FailedRecordCount === 0) {
        const receipts = answer.Records!.map(
          ({ ShardId, SequenceNumber }, offset) => `${ShardId} ${SequenceNumber} ${from + offset}`,
        );
        return { receipts, retries };
      }
    } catch {
      // Not acknowledged, whatever became of it: put it again.
    }
    await sleep(RETRY_MS);
  }
};

const receipts = createWriteStream(options.receiptsPath);
let retries = 0;
for (let next = 0; next < options.records; ) {
  const to = Math.min(options.records, next + 1 + Math.floor(random() * MAX_BATCH));
  const done = await put(next, to);
  receipts.write(`${done.receipts.join("\n")}\n`);
  retries += done.retries;
  next = to;
  process.send!({ acknowledged: next, retries } satisfies ProducerProgress);
}
receipts.end();
await once(receipts, "finish");
client.destroy();
process.disconnect();
