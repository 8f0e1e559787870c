import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { TableChange } from "@tidewatch/core/store/ports";
import type { DynamoDBRecord, AttributeValue as StreamAttribute } from "aws-lambda";
import { isLive, itemOf } from "./dynamo-item.ts";

const MS_PER_SECOND = 1000;

/**
 * The changes that a record of the table's stream tells, in order. A removal, by TTL or not, is a change without `after`.
 * An item put where an expired one had not been swept yet comes as one MODIFY: it is told as the expiry and a new item. The
 * record's time is in whole seconds, so that an item that expired in the very second of the put counts as still there.
 *
 * DynamoDB writes no record for a put that changes nothing.
 *
 * @throws AppError CORRUPT for an item that another program wrote
 */
export const tableChangesOf = (record: DynamoDBRecord): TableChange[] => {
  const { SequenceNumber: cursor = "", OldImage, NewImage, ApproximateCreationDateTime = 0 } = record.dynamodb ?? {};
  const before = OldImage && itemOf(decoded(OldImage));
  const after = NewImage && itemOf(decoded(NewImage));
  if (before && after && !isLive(before, ApproximateCreationDateTime * MS_PER_SECOND)) {
    return [
      { cursor, before },
      { cursor, after },
    ];
  }
  return [{ cursor, ...(before && { before }), ...(after && { after }) }];
};

/** Lambda hands attributes over as JSON, with binary ones in base64. */
const decoded = (image: Record<string, StreamAttribute>): Record<string, AttributeValue> =>
  Object.fromEntries(
    Object.entries(image).map(([name, { B: base64, ...others }]): [string, AttributeValue] => [
      name,
      base64 === undefined ? (others as AttributeValue) : { B: new Uint8Array(Buffer.from(base64, "base64")) },
    ]),
  );
