import { AppError } from "@tidewatch/core/errors";
import { artifactFolder, checkedPath, listFolder } from "@tidewatch/core/runs/artifacts";
import { headOf } from "@tidewatch/core/runs/runs";
import { artifactUri } from "@tidewatch/core/runs/search/search-runs";
import { z } from "zod";
import { httpError } from "../http/problem.ts";
import { artifactBody } from "./artifact-body.ts";
import { objectKey, pathBehind } from "./artifact-path.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { runIdOf } from "./runs.ts";
import { text } from "./wire.ts";

/** Below `/api/2.0/mlflow/`. */
export const ARTIFACTS = [
  endpoint("GET artifacts/list", "read", runIdOf({ path: text.default("") }), async ({ run_id, path }, ports) => {
    await headOf(ports, run_id);
    const folder = artifactFolder(run_id);
    const found = await listFolder(ports, path === "" ? folder : `${folder}/${checkedPath(path)}`);
    const prefix = path === "" ? "" : `${path}/`;
    return {
      root_uri: artifactUri(run_id),
      files: found.map((file) => ({ path: `${prefix}${file.path}`, is_dir: file.isFolder })),
    };
  }),
];

const PREFIX = "/mlflow-artifacts/artifacts/";

/** Below `/api/2.0/mlflow-artifacts/`: bytes, and what lies in a folder. */
export const ARTIFACT_PROXY: Endpoint[] = [
  endpoint("GET artifacts", "read", z.object({ path: text.default("") }), async ({ path }, ports) => {
    if (path === "") throw new AppError("VALIDATION", "Say the path of a run's artifacts.");
    const found = await listFolder(ports, await objectKey(ports, path, "read"));
    return { files: found.map((file) => ({ path: file.path, is_dir: file.isFolder })) };
  }),
  {
    ...{ method: "GET", path: "artifacts/*", access: "read" },
    async answer(call) {
      const path = pathBehind(call, PREFIX);
      const bytes = await call.blobs.get(await objectKey(call, path, "read"));
      if (!bytes) throw new AppError("NOT_FOUND", `There is no artifact ${path}.`);
      // A page that somebody uploads must not run as one of ours.
      call.c.header("content-security-policy", "sandbox");
      call.c.header("content-disposition", "attachment");
      return call.c.body(bytes as Uint8Array<ArrayBuffer>, 200, { "content-type": "application/octet-stream" });
    },
  },
  {
    ...{ method: "PUT", path: "artifacts/*", access: "operate" },
    async answer(call) {
      const key = await objectKey(call, pathBehind(call, PREFIX), "write");
      await call.blobs.put(key, await artifactBody(call.c));
      return call.c.json({});
    },
  },
  {
    ...{ method: "DELETE", path: "artifacts/*", access: "operate" },
    async answer() {
      throw httpError("VALIDATION", "Artifacts are kept here for good.", { mlflowCode: "NOT_IMPLEMENTED" });
    },
  },
];
