import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PlannedResource } from "./deployment.ts";

/** Pulumi's checkpoint of a stack, in the file backend that SST unpacks for the engine and packs again afterwards. */
export const writeState = (backend: string, stack: string, resources: readonly PlannedResource[]): void => {
  const path = stateFile(backend, stack);
  const time = new Date().toISOString();
  const latest = {
    manifest: { time, magic: "", version: "v3.215.0" },
    metadata: {},
    resources: resources.map((resource) => stateOf(resource, time)),
  };
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify({ version: 3, checkpoint: { stack, latest } }));
};

/** The resources of the checkpoint; of each no more than a deletion needs. */
export const readState = (backend: string, stack: string): PlannedResource[] => {
  const { checkpoint } = JSON.parse(readFileSync(stateFile(backend, stack), "utf8"));
  const resources: ReturnType<typeof stateOf>[] = checkpoint.latest?.resources ?? [];
  return resources.map(({ urn, type, parent, custom, id = "", inputs, outputs, ...options }) => ({
    ...{ urn, type, name: urn.split("::").at(-1) ?? "", custom, id, inputs, outputs },
    ...(parent !== undefined && { parent }),
    ...{ retainOnDelete: options.retainOnDelete === true, protect: options.protect === true },
    ...{ secretInputs: [], dependsOn: [] },
  }));
};

const stateFile = (backend: string, stack: string): string => {
  const [, app = "", stage = ""] = stack.split("/");
  return join(backend, ".pulumi/stacks", app, `${stage}.json`);
};

const stateOf = (
  { urn, type, parent, custom, id, inputs, outputs, retainOnDelete, protect }: PlannedResource,
  time: string,
) => ({
  ...{ urn, type, custom, inputs, outputs, created: time, modified: time },
  ...(custom && { id }),
  ...(parent !== undefined && { parent }),
  ...(retainOnDelete && { retainOnDelete }),
  ...(protect && { protect }),
});
