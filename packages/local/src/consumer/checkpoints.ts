/** Where each consumer resumes each shard. Kept beside the table's items, so that it is never ahead of them. */
export type Checkpoints = {
  get(consumer: string, shardId: string): string | undefined;
  set(consumer: string, shardId: string, sequenceNumber: string): void;
};
