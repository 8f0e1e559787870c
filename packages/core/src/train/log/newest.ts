import { listVersions, type ModelVersion, type RegistryPorts } from "../../register/models.ts";

/** Newest numbers looked at for one that is registered: trainers that died leave gaps. */
const NEWEST = 20;

/** The newest registered version of a model; `undefined` without any. */
export const newestVersion = async (ports: RegistryPorts, name: string): Promise<ModelVersion | undefined> =>
  (await listVersions(ports, name, NEWEST))[0];
