import { AppError } from "../errors.ts";
import { type AliasCause, ANNOUNCED, aliasOf, moveAlias } from "../register/aliases.ts";
import type { RegistryPorts } from "../register/models.ts";
import { checkVersionFits, promoteVersion } from "../register/promote-version.ts";
import type { Clock } from "../store/ports.ts";
import { endShadow, startShadow } from "./shadow.ts";

/**
 * Sets an alias of a model, or takes it away (`null`), as a person asks for it. What pipelines go by keeps its meaning:
 * `champion` is a promotion, `challenger` begins or ends a trial in shadow, `previous` follows the champion by itself.
 * @throws AppError VALIDATION for an alias that nobody sets, NOT_FOUND (detector, version), CONFLICT as `promoteVersion`
 */
export const setAlias = async (
  ports: RegistryPorts & { clock: Clock },
  name: string,
  alias: string,
  version: number | null,
  cause: AliasCause,
): Promise<void> => {
  if (alias === ANNOUNCED || alias === "previous") {
    throw new AppError("VALIDATION", `The alias "${alias}" moves by itself; promote \`previous\` to go back.`);
  }
  if (alias === "champion") {
    if (version !== null) return void (await promoteVersion(ports, name, version, cause));
    throw new AppError("VALIDATION", "A champion can be replaced, not taken away: promote another version.");
  }
  if (version !== null) await checkVersionFits(ports, name, version);
  const nowMs = ports.clock();
  if (alias !== "challenger") return await moveAlias(ports, name, alias, version, cause, nowMs);
  if (version !== null) return await startShadow(ports, name, version, nowMs, cause);
  const current = await aliasOf(ports, name, "challenger");
  if (current) await endShadow(ports, name, current.version, nowMs, cause);
};
