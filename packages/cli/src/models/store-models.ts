import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { modelFamilyOf } from "@tidewatch/core/any-detector";
import { AppError } from "@tidewatch/core/errors";
import { setAlias } from "@tidewatch/core/promote/set-alias";
import { aliasAt, aliasHistory } from "@tidewatch/core/register/aliases";
import { importModel } from "@tidewatch/core/register/import";
import { importLogModel } from "@tidewatch/core/register/import-log";
import { loadAnyManifest } from "@tidewatch/core/register/log-models";
import { overviewOf, promoteVersion } from "@tidewatch/core/register/promote-version";
import { listDetectors, partEntries } from "@tidewatch/core/store/detectors";
import type { Blobs, Table } from "@tidewatch/core/store/ports";
import { shownMove } from "@tidewatch/functions/api/schemas/model-aliases";
import type { ModelAdmin } from "./model-admin.ts";

type Stores = { table: Table; blobs: Blobs; close(): void };

/** Straight into the stores: no limit of a request, and this machine tries the model. A server may run on them. */
export const storeModels = async (where: { directory: string } | { table: string; bucket: string }) => {
  const stores =
    "directory" in where ? await openDirectory(where.directory) : await openCloud(where.table, where.bucket);
  return adminOf(stores);
};

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

/** Versions shown, the newest first. */
const VERSIONS = 1000;

const adminOf = ({ table, blobs, close }: Stores): ModelAdmin => {
  const registry = { table, blobs, clock: Date.now };
  return {
    async list() {
      const { readable } = partEntries(await listDetectors(table));
      return Promise.all(
        readable.map(async (detector) => {
          const { name, champion, previous, versions } = await overviewOf(registry, detector.id, VERSIONS);
          return { name, champion, previous, family: modelFamilyOf(detector), newest: versions[0]?.version ?? null };
        }),
      );
    },
    async show(name) {
      const { versions, ...aliases } = await overviewOf(registry, name, VERSIONS);
      if (versions.length === 0) throw new AppError("NOT_FOUND", `There is no model "${name}" yet.`);
      const shown = versions.map(({ version, trainedAtMs = 0, trainingRows = 0 }) => ({
        ...{ version, createdAtMs: trainedAtMs, trainingRows },
      }));
      return { ...aliases, versions: shown };
    },
    manifest: (name, version) => loadAnyManifest(registry, name, version),
    async import(order, promote) {
      const [{ processExaminer }, { importedModel }] = await Promise.all([
        import("@tidewatch/local/probe/process-examiner"),
        import("@tidewatch/functions/api/routes/models-write"),
      ]);
      const imported = await importModel({ ...registry, examine: processExaminer() }, order);
      if (promote) await promoteVersion(registry, order.detectorId, imported.manifest.version, IMPORTED);
      return importedModel(imported, promote);
    },
    importLogs: (order, promote) => importLogModel(registry, order, promote),
    promote: (name, version) => promoteVersion(registry, name, version, version === "previous" ? BACK : ASKED),
    async history(name, { at, alias, limit }) {
      const wanted = { ...(alias !== undefined && { alias }), ...(at !== undefined && { beforeMs: at + 1 }) };
      const items = (await aliasHistory(registry, name, { ...wanted, limit })).map(shownMove);
      if (at === undefined) return { items };
      const held = await aliasAt(registry, name, alias ?? "champion", at);
      return { items, at: held ? shownMove(held) : null };
    },
    async alias(name, alias, version, reason = ASKED.reason) {
      await setAlias(registry, name, alias, version, { by: ASKED.by, reason });
      const { aliases } = await overviewOf(registry, name, 1);
      return { name, aliases };
    },
    close,
  };
};

const BACK = { by: "cli", reason: "rolled back on demand" };
const ASKED = { by: "cli", reason: "asked for" };
const IMPORTED = { by: "cli", reason: "imported with the wish to use it" };
