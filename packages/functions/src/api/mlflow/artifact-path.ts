import { AppError } from "@tidewatch/core/errors";
import { modelNamed } from "@tidewatch/core/register/registered-models";
import { versionOf } from "@tidewatch/core/register/registered-versions";
import { checkedPath } from "@tidewatch/core/runs/artifacts";
import { getLoggedModel } from "@tidewatch/core/runs/logged-models";
import { headOf } from "@tidewatch/core/runs/runs";
import { httpError } from "../http/problem.ts";
import type { Call } from "./endpoint.ts";

/** What MLflow's clients may reach of the object store: artifacts of runs and logged models, and, to read, of versions. */
const ROOTS = {
  runs: /^runs\/([^/]+)\/artifacts(?:\/|$)/,
  loggedModels: /^logged-models\/([^/]+)\/artifacts(?:\/|$)/,
  versions: /^models\/([^/]+)\/(\d+)(?:\/|$)/,
};

const FOLDER = /^[^/]+\/[^/]+\/artifacts$/;

/** The path behind the route's own part, decoded. */
export const pathBehind = ({ c }: Call, prefix: string): string => {
  const { pathname } = new URL(c.req.url);
  try {
    return decodeURIComponent(pathname.slice(pathname.indexOf(prefix) + prefix.length)).replace(/\/$/, "");
  } catch {
    throw httpError("MALFORMED", "The path is not well encoded.");
  }
};

/**
 * The key of an object that the path names.
 * @throws AppError VALIDATION for a path that leads elsewhere, NOT_FOUND when there is no such run, model or version
 */
export const objectKey = async (ports: Call, path: string, use: "read" | "write"): Promise<string> => {
  const key = checkedPath(path);
  // The folder itself is no file: where objects are files, one in its place would keep all artifacts out.
  if (use === "write" && FOLDER.test(key)) throw noArtifact(path);
  const run = ROOTS.runs.exec(key);
  if (run) {
    await headOf(ports, run[1]!);
    return key;
  }
  const logged = ROOTS.loggedModels.exec(key);
  if (logged) {
    await getLoggedModel(ports, logged[1]!);
    return key;
  }
  const version = ROOTS.versions.exec(key);
  if (!version) throw noArtifact(path);
  if (use === "write") throw httpError("FORBIDDEN", "Versions of a model never change.");
  const [, name, number] = version;
  const { isOwn } = await versionOf(ports, await modelNamed(ports, name!), Number(number));
  if (!isOwn) throw new AppError("NOT_FOUND", `The files of version ${number} of ${name} are not kept here.`);
  return key;
};

const noArtifact = (path: string): AppError =>
  new AppError("VALIDATION", `Invalid path ${JSON.stringify(path)}: it is that of no artifact.`);
