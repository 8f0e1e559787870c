import { type AliasCause, aliasOf } from "../register/aliases.ts";
import type { RegistryPorts } from "../register/models.ts";
import { promoteVersion } from "../register/promote-version.ts";
import type { Clock } from "../store/ports.ts";

/**
 * Puts the version before `version` into use again; nothing when `version` is no longer the champion, so that a repeat is
 * harmless.
 * @returns the version that is in use then
 * @throws AppError CONFLICT when there is none before, it does not fit the detector any more, or somebody else promotes meanwhile
 */
export const rollBack = async (
  ports: RegistryPorts & { clock: Clock },
  name: string,
  version: number,
  cause: AliasCause,
): Promise<number | undefined> => {
  const champion = await aliasOf(ports, name, "champion");
  if (champion?.version !== version) return champion?.version;
  return await promoteVersion(ports, name, "previous", cause, champion.revision);
};
