import { AppError } from "../errors.ts";
import { type AliasCause, AliasName, ANNOUNCED, aliasOf, moveAlias } from "../register/aliases.ts";
import type { RegistryPorts } from "../register/models.ts";
import { checkVersionFits, type ModelOverview, overviewOf, promoteVersion } from "../register/promote-version.ts";
import { modelNamed, type RegisteredModel } from "../register/registered-models.ts";
import { type RegisteredVersion, versionOf } from "../register/registered-versions.ts";
import type { Clock } from "../store/ports.ts";
import { startShadow } from "./shadow.ts";

/** MLflow keeps them: `models:/name@latest` is the newest version, `@v3` the third. */
const RESERVED = /^(?:latest|v\d+)$/i;
/** Of a detector these have a meaning. */
const FOLLOWED = ["champion", "challenger", "previous"];

type Ports = RegistryPorts & { clock: Clock };

/**
 * Points an alias at a version because somebody asked for it. A detector's `champion` goes through the checks of every
 * promotion, its `challenger` begins a trial in shadow, and its `previous` follows from its promotions alone.
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
  if (!model.isDetectors || !FOLLOWED.includes(alias)) {
    await moveAlias(ports, model.storedAs, alias, version, cause, ports.clock());
    return;
  }
  if (alias === "previous") throw followsPromotions(model);
  if (!isOwn) {
    throw new AppError(
      "CONFLICT",
      `Version ${version} of "${model.name}" has no files here that its detector could score with: import it first.`,
    );
  }
  await checkVersionFits(ports, model.name, version);
  await (alias === "champion"
    ? promoteVersion(ports, model.name, version, cause)
    : startShadow(ports, model.name, version, ports.clock(), cause));
};

/** Takes an alias away; one that is not there is gone already. @throws AppError VALIDATION for what a detector needs */
export const removeAliasByHand = async (
  ports: Ports,
  model: RegisteredModel,
  alias: string,
  cause: AliasCause,
): Promise<void> => {
  if (model.isDetectors && alias === "champion") {
    throw new AppError("VALIDATION", `Detector "${model.name}" scores with its champion: promote another one instead.`);
  }
  if (model.isDetectors && alias === "previous") throw followsPromotions(model);
  await moveAlias(ports, model.storedAs, alias, null, cause, ports.clock());
};

/**
 * Sets an alias of the model of this name, or takes it away (`null`). Throws as the two above.
 * @returns what the aliases name then
 */
export const moveByHand = async (
  ports: Ports,
  name: string,
  alias: string,
  version: number | null,
  cause: AliasCause,
): Promise<ModelOverview["aliases"]> => {
  const model = await modelNamed(ports, name);
  await (version === null
    ? removeAliasByHand(ports, model, alias, cause)
    : setAliasByHand(ports, model, alias, version, cause));
  return (await overviewOf(ports, model.storedAs, 1)).aliases;
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

const followsPromotions = ({ name }: RegisteredModel): AppError =>
  new AppError(
    "VALIDATION",
    `The alias previous of detector "${name}" moves by itself: it follows its promotions. Promote \`previous\` to go back.`,
  );
