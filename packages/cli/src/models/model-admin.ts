import { AppError } from "@tidewatch/core/errors";
import type { ImportOrder } from "@tidewatch/core/register/import";
import type { ImportedLogModel, LogModelOrder } from "@tidewatch/core/register/import-log";
import type { AnyManifest } from "@tidewatch/core/register/log-models";
import type { WantedVersion } from "@tidewatch/core/register/promote-version";
import { MAX_BODY_BYTES } from "@tidewatch/functions/api/http/body";
import type { AliasHistory, ModelAliases } from "@tidewatch/functions/api/schemas/model-aliases";
import type { ImportedModel, ModelDocument, ModelSummary } from "@tidewatch/functions/api/schemas/models";
import { httpClient, type Server } from "../http/client.ts";
import { storeModels } from "./store-models.ts";

/** Models, wherever they are managed: through a server, or in the stores themselves. */
export type ModelAdmin = {
  list(): Promise<ModelSummary[]>;
  show(name: string): Promise<ModelDocument>;
  manifest(name: string, version: number): Promise<AnyManifest>;
  import(order: ImportOrder, promote: boolean): Promise<ImportedModel>;
  /** Of a log detector. */
  importLogs(order: LogModelOrder, promote: boolean): Promise<ImportedLogModel>;
  /** With a time: what the alias, the champion unless said, was then, and the moves until then. */
  history(name: string, query: HistoryQuery): Promise<Pick<AliasHistory, "items" | "at">>;
  alias(name: string, alias: string, version: number | null, reason: string | undefined): Promise<ModelAliases>;
  /** Gives the version that is in use then. */
  promote(name: string, version: WantedVersion): Promise<number>;
  close(): void;
};

export type HistoryQuery = { at: number | undefined; alias: string | undefined; limit: number };

/** `directory`, or `table` with `bucket`, need no key, but the right to write there. */
export type Where = Server & { directory?: string; table?: string; bucket?: string };

export const modelAdmin = async ({ directory, table, bucket, ...server }: Where): Promise<ModelAdmin> => {
  if ((table === undefined) !== (bucket === undefined)) {
    throw new AppError("VALIDATION", "--table and --bucket go together: versions are in the one, files in the other.");
  }
  if (directory !== undefined) return storeModels({ directory });
  return table === undefined || bucket === undefined ? serverModels(server) : storeModels({ table, bucket });
};

/** The server tries the model for up to a minute. */
const IMPORT_TIMEOUT_MS = 120_000;

/** As many as a server gives at once. */
const MOVES_OF_PAGE = 200;

const serverModels = (server: Server): ModelAdmin => {
  const client = httpClient(server, IMPORT_TIMEOUT_MS);
  const pathOf = (name: string): string => `/v1/models/${encodeURIComponent(name)}`;
  return {
    async list() {
      const items: ModelSummary[] = [];
      let cursor: string | null = null;
      do {
        const query: string = cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`;
        const page = (await client.request("GET", `/v1/models${query}`)) as {
          items: ModelSummary[];
          cursor: string | null;
        };
        items.push(...page.items);
        cursor = page.cursor;
      } while (cursor !== null);
      return items;
    },
    show: async (name) => (await client.request("GET", pathOf(name))) as ModelDocument,
    manifest: async (name, version) =>
      (await client.request("GET", `${pathOf(name)}/versions/${version}`)) as AnyManifest,
    async import({ detectorId, manifest, onnx, reference }, promote) {
      const body = JSON.stringify({
        manifest,
        onnx: Buffer.from(onnx).toString("base64"),
        ...(reference && { reference: { rows: reference.rows, timestampsMs: reference.timestamps } }),
        promote,
      });
      if (Buffer.byteLength(body) > MAX_BODY_BYTES) throw tooLargeForHttp(body.length);
      return (await client.request("POST", `${pathOf(detectorId)}/versions`, { body })) as ImportedModel;
    },
    async importLogs({ detectorId, manifest, files }, promote) {
      const encoded = Object.entries(files).map(([file, bytes]) => [file, Buffer.from(bytes).toString("base64")]);
      const body = JSON.stringify({ manifest, files: Object.fromEntries(encoded), promote });
      if (Buffer.byteLength(body) > MAX_BODY_BYTES) throw tooLargeForHttp(body.length);
      return (await client.request("POST", `${pathOf(detectorId)}/log-versions`, { body })) as ImportedLogModel;
    },
    async history(name, { at, alias, limit }) {
      const items: AliasHistory["items"] = [];
      let page: AliasHistory | undefined;
      do {
        const query = new URLSearchParams({ limit: String(Math.min(limit - items.length, MOVES_OF_PAGE)) });
        if (at !== undefined) query.set("at", String(at));
        if (alias !== undefined) query.set("alias", alias);
        if (page?.cursor) query.set("cursor", page.cursor);
        page = (await client.request("GET", `${pathOf(name)}/history?${query}`)) as AliasHistory;
        items.push(...page.items);
      } while (page.cursor !== null && items.length < limit);
      return { items, ...(page.at !== undefined && { at: page.at }) };
    },
    async alias(name, alias, version, reason) {
      const body = JSON.stringify({ alias, version, reason });
      return (await client.request("POST", `${pathOf(name)}/aliases`, { body })) as ModelAliases;
    },
    async promote(name, version) {
      const body = JSON.stringify({ version });
      const answer = (await client.request("POST", `${pathOf(name)}/promote`, { body })) as { version: number };
      return answer.version;
    },
    close: () => {},
  };
};

/** Said here, since a server cuts off what it does not want to read. */
const tooLargeForHttp = (bytes: number): AppError =>
  new AppError(
    "TOO_LARGE",
    `Model and reference make a request of ${(bytes / 1e6).toFixed(1)} MB; a server takes ${(MAX_BODY_BYTES / 1e6).toFixed(1)} MB. ` +
      "Import it on the server's machine with --directory, or on AWS with --table and --bucket.",
  );
