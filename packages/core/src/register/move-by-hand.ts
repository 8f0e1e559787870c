import { AppError } from "../errors.ts";
import { type AliasCause, AliasName, ANNOUNCED, aliasOf, moveAlias } from "./aliases.ts";
import type { RegistryPorts } from "./models.ts";
import { promoteVersion } from "./promote-version.ts";
import type { RegisteredModel } from "./registered-models.ts";
import { type RegisteredVersion, versionOf } from "./registered-versions.ts";

/** MLflow keeps them: `models:/name@latest` is the newest version, `@v3` the third. */
const RESERVED = /^(?:latest|v\d+)$/i;
/** What scorers follow: they load what these name. */
const FOLLOWED = ["champion", "challenger", "previous"];

type Ports = RegistryPorts & { clock: () => number };

/**
 * Points an alias at a version because somebody asked for it. A detector's `champion` goes through the checks of every
 * promotion, and the aliases that scorers follow name only versions whose files are here.
 * @throws AppError NOT_FOUND, VALIDATION, CONFLICT
 */
export const setAliasByHand = async (
  ports: Ports,
  model: RegisteredModel,
  alias: string,
  version: number,
  cause: AliasCause,
): Promise<void> => {
  if (!AliasName.safeParse(alias).success || RESERVED.test(alias) || alias === ANNOUNCED) {
    throw new AppError(
      "VALIDATION",
      `"${alias}" cannot be an alias: it is a letter followed by letters, digits, _ and -, and not latest, ${ANNOUNCED} or v1.`,
    );
  }
  const { isOwn } = await versionOf(ports, model, version);
  const isFollowed = model.isDetectors && FOLLOWED.includes(alias);
  if (isFollowed && !isOwn) {
    throw new AppError(
      "CONFLICT",
      `Version ${version} of "${model.name}" has no files here that its detector could score with: import it first.`,
    );
  }
  await (isFollowed && alias === "champion"
    ? promoteVersion(ports, model.storedAs, version, cause)
    : moveAlias(ports, model.storedAs, alias, version, cause, ports.clock()));
};

/** Takes an alias away; one that is not there is gone already. @throws AppError CONFLICT for a detector's champion */
export const removeAliasByHand = async (
  ports: Ports,
  model: RegisteredModel,
  alias: string,
  cause: AliasCause,
): Promise<void> => {
  if (model.isDetectors && alias === "champion") {
    throw new AppError("CONFLICT", `Detector "${model.name}" scores with its champion: promote another one instead.`);
  }
  await moveAlias(ports, model.storedAs, alias, null, cause, ports.clock());
};

/** @throws AppError NOT_FOUND */
export const versionByAlias = async (
  ports: Pick<RegistryPorts, "table">,
  model: RegisteredModel,
  alias: string,
): Promise<RegisteredVersion> => {
  const named = await aliasOf(ports, model.storedAs, alias);
  if (!named) throw new AppError("NOT_FOUND", `Registered model alias ${alias} not found.`);
  return versionOf(ports, model, named.version);
};
