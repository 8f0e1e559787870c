import type { BacktestWish, Job } from "@tidewatch/core/backtest/job";
import type { Datasets } from "@tidewatch/core/dataset/dataset";
import type { ModelExaminer } from "@tidewatch/core/register/examine";
import type { Blobs, Clock, EventStream, ModelRuntime, Table } from "@tidewatch/core/store/ports";
import type { Trainer } from "@tidewatch/core/train/run";

/** One structured log line. The edge writes it as JSON. */
export type LogEntry = { level: "info" | "warn" | "error"; message: string } & Record<string, unknown>;

/** How far a consumer is behind its shard, in records. */
export type ConsumerLag = { name: string; shardId: string; lag: number };

/** What the API needs from where it runs: a Lambda function or one machine. */
export type ApiPorts = {
  /** Version of the product, as shown by the status and the OpenAPI document. */
  version: string;
  stream: EventStream;
  table: Table;
  blobs: Blobs;
  runtime: ModelRuntime;
  train: Trainer;
  /** Training sets, made of the archive. */
  datasets: Datasets;
  /** Tries a model that somebody hands in, where it can do no harm. */
  examine: ModelExaminer;
  /** Writes a backtest down and sees to it that it is done, soon and elsewhere. */
  orderBacktest: (wish: BacktestWish) => Promise<Job>;
  clock: Clock;
  log: (entry: LogEntry) => void;
  /** Whether a request without an API key may do more than what is public. */
  requireKeys: boolean;
  /** Known on one machine; empty on AWS, where the iterator age of each function says it. */
  consumers: () => ConsumerLag[];
};
