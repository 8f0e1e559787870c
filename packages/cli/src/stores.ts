import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { AppError } from "@tidewatch/core/errors";
import type { Blobs, Table } from "@tidewatch/core/store/ports";

export type Stores = { table: Table; blobs: Blobs; close(): void };

export type StoresPlace = { directory: string } | { table: string; bucket: string };

/** The stores of a data folder or of a deployment, without a server. One may run on them. */
export const openStores = async (where: StoresPlace): Promise<Stores> =>
  "directory" in where ? await openDirectory(where.directory) : await openCloud(where.table, where.bucket);

const openDirectory = async (directory: string): Promise<Stores> => {
  const [{ openSqliteTable }, { fileBlobs }, { dataPaths }] = await Promise.all([
    import("@tidewatch/local/table/sqlite-table"),
    import("@tidewatch/local/blobs/file-blobs"),
    import("@tidewatch/local/runtime/paths"),
  ]);
  const paths = dataPaths(directory);
  if (!existsSync(paths.table)) {
    throw new AppError(
      "NOT_FOUND",
      `${resolve(directory)} is no data folder yet; start Tidewatch with --directory ${directory} first.`,
    );
  }
  const { table, close } = openSqliteTable(paths.table, { now: Date.now });
  return { table, blobs: fileBlobs(paths.objects), close };
};

/** With the AWS credentials and the region of the environment. */
const openCloud = async (tableName: string, bucket: string): Promise<Stores> => {
  const [{ dynamoTable }, { s3Blobs }, { dynamoClient, s3Client }] = await Promise.all([
    import("@tidewatch/functions/aws/dynamo-table"),
    import("@tidewatch/functions/aws/s3-blobs"),
    import("@tidewatch/functions/aws/clients"),
  ]);
  const [dynamo, s3] = [dynamoClient(), s3Client()];
  const close = () => {
    dynamo.destroy();
    s3.destroy();
  };
  return {
    table: dynamoTable({ client: dynamo, tableName, clock: Date.now }),
    blobs: s3Blobs({ client: s3, bucket }),
    close,
  };
};
