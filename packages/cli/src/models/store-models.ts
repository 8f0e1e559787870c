import { modelFamilyOf } from "@tidewatch/core/any-detector";
import { AppError } from "@tidewatch/core/errors";
import { moveByHand } from "@tidewatch/core/promote/move-by-hand";
import { aliasAt, aliasHistory } from "@tidewatch/core/register/aliases";
import { importModel } from "@tidewatch/core/register/import";
import { importLogModel } from "@tidewatch/core/register/import-log";
import { loadAnyManifest } from "@tidewatch/core/register/log-models";
import { overviewOf, promoteVersion } from "@tidewatch/core/register/promote-version";
import { listDetectors, partEntries } from "@tidewatch/core/store/detectors";
import { shownMove } from "@tidewatch/functions/api/results/alias-moves";
import { openStores, type Stores, type StoresPlace } from "../stores.ts";
import type { ModelAdmin } from "./model-admin.ts";

/** Straight into the stores: no limit of a request, and this machine tries the model. A server may run on them. */
export const storeModels = async (where: StoresPlace) => adminOf(await openStores(where));

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
      if (versions.length === 0)
        throw new AppError("NOT_FOUND", `No version of a model "${name}" was trained or imported here yet.`);
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
      const aliases = await moveByHand(registry, name, alias, version, { by: ASKED.by, reason });
      return { name, aliases };
    },
    close,
  };
};

const BACK = { by: "cli", reason: "rolled back on demand" };
const ASKED = { by: "cli", reason: "asked for" };
const IMPORTED = { by: "cli", reason: "imported with the wish to use it" };
