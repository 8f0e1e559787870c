import { type Call, jsonReply } from "./loopback.ts";
import { bodyOf, type FaultProxy } from "./proxy.ts";

type WireRecord = { PartitionKey: string; Data: string };
type WireReply = { Records: object[]; FailedRecordCount: number };

export const recordsOf = (call: Call) => bodyOf<{ Records: WireRecord[] }>(call).Records;
export const textOf = ({ Data }: WireRecord) => Buffer.from(Data, "base64").toString();

/** Takes a part of each PutRecords call, by `take`; the rest fails as when its shard is throttled. Other calls pass. */
export const takePart = (proxy: FaultProxy, take: (record: WireRecord, place: number) => boolean): void => {
  proxy.intercept = async (call, forward) => {
    if (call.operation !== "PutRecords") return await forward();
    const all = recordsOf(call);
    const taken = all.filter(take);
    const results =
      taken.length === 0
        ? []
        : bodyOf<WireReply>((await forward({ ...bodyOf(call), Records: taken })) as { body: Buffer }).Records;
    const failure = { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "Rate exceeded" };
    const Records = all.map((record) => (taken.includes(record) ? results[taken.indexOf(record)]! : failure));
    return jsonReply({ FailedRecordCount: all.length - taken.length, Records });
  };
};
