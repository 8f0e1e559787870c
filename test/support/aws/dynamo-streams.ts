import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { DynamoDBRecord } from "aws-lambda";
import { type Call, jsonReply, type Reply } from "./loopback.ts";
import { bodyOf, type Forward, startProxy } from "./proxy.ts";

type Image = Record<string, AttributeValue>;
type PutRequest = { PutRequest: { Item: Image } };
type DeleteRequest = { DeleteRequest: { Key: Image } };
const DIGITS = 21;

/**
 * dynalite has no streams: a proxy in front of it that asks for the image before each write, and keeps the records that
 * Lambda would hand over, with both images. Batches go on as single writes. `sweep` does what TTL does.
 */
export const startDynamoStreams = async (upstream: string, nowMs: () => number) => {
  const records: DynamoDBRecord[] = [];
  const proxy = await startProxy(upstream);

  const record = (keys: Image, before: Image | undefined, after: Image | undefined): void => {
    // A write that changes nothing leaves no record.
    if (JSON.stringify(before) === JSON.stringify(after)) return;
    const eventName = before === undefined ? "INSERT" : after === undefined ? "REMOVE" : "MODIFY";
    records.push({
      eventName,
      dynamodb: {
        Keys: keys as never,
        ...(before && { OldImage: before as never }),
        ...(after && { NewImage: after as never }),
        SequenceNumber: String(records.length + 1).padStart(DIGITS, "0"),
        ApproximateCreationDateTime: Math.floor(nowMs() / 1000),
        StreamViewType: "NEW_AND_OLD_IMAGES",
      },
    });
  };

  const write = async (call: Call, operation: string, body: Record<string, unknown>): Promise<Reply> => {
    const forward = forwardAs(call, operation);
    const reply = await forward({ ...body, ReturnValues: "ALL_OLD" });
    if (reply.status !== 200) return reply;
    const { Attributes } = bodyOf<{ Attributes?: Image }>(reply);
    const after = body.Item as Image | undefined;
    const { pk, sk } = (after ?? body.Key) as Image;
    record({ pk: pk!, sk: sk! }, Attributes, after);
    return jsonReply({});
  };
  const forwardAs =
    (call: Call, operation: string): Forward =>
    async (body) => {
      const headers = { ...call.headers, "x-amz-target": `DynamoDB_20120810.${operation}` };
      const { host: _host, connection: _connection, "content-length": _length, ...kept } = headers as Call["headers"];
      const response = await fetch(upstream, { method: "POST", headers: kept, body: JSON.stringify(body) });
      return {
        status: response.status,
        headers: { "content-type": "application/x-amz-json-1.0" },
        body: await response.text(),
      };
    };

  let last: Call | undefined;
  proxy.intercept = async (call, forward) => {
    last = call;
    const body = () => bodyOf(call);
    if (call.operation === "PutItem" || call.operation === "DeleteItem")
      return await write(call, call.operation, body());
    if (call.operation !== "BatchWriteItem") return await forward();
    const { RequestItems } = bodyOf<{ RequestItems: Record<string, (PutRequest | DeleteRequest)[]> }>(call);
    for (const [TableName, requests] of Object.entries(RequestItems)) {
      for (const request of requests) {
        if ("PutRequest" in request) await write(call, "PutItem", { TableName, Item: request.PutRequest.Item });
        else await write(call, "DeleteItem", { TableName, Key: request.DeleteRequest.Key });
      }
    }
    return jsonReply({ UnprocessedItems: {} });
  };

  return {
    ...proxy,
    records,
    /** Removes what has expired, by the attribute that TTL goes by. */
    sweep: async (TableName: string): Promise<void> => {
      if (!last) return;
      const { Items } = bodyOf<{ Items: Image[] }>(await forwardAs(last, "Scan")({ TableName }));
      const expired = Items.filter(
        ({ expiresAt }) => expiresAt?.N !== undefined && Number(expiresAt.N) * 1000 <= nowMs(),
      );
      for (const { pk, sk } of expired) await write(last, "DeleteItem", { TableName, Key: { pk: pk!, sk: sk! } });
    },
  };
};
