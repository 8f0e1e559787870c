import type { Deployment, PlannedResource } from "./deployment.ts";
import { plainInputs } from "./plain-inputs.ts";
import { callResult } from "./provider-calls.ts";
import type { PulumiSdk, RegisterRequest } from "./pulumi-sdk.ts";
import { resourceState } from "./resource-state.ts";

export type Recorder = Pick<Deployment, "resources" | "commands" | "errors">;

const STACK_TYPE = "pulumi:pulumi:Stack";
const COMMAND_TYPE = "command:local:Command";

/** Connects the program's SDK to an engine that makes nothing, answers as AWS would and keeps a list. */
export const startRecorder = async (
  sdk: PulumiSdk,
  { app, stage, isPreview }: { app: string; stage: string; isPreview: boolean },
): Promise<Recorder> => {
  const recorder: Recorder = { resources: [], commands: [], errors: [] };
  const byUrn = new Map<string, PlannedResource>();
  /** `newResource` is called within `registerResource` and before anything else can be: this joins the two. */
  let registering: PlannedResource | undefined;

  const newResource = async (request: { type: string; name: string; inputs: Record<string, unknown>; id?: string }) => {
    const planned = registering;
    registering = undefined;
    const { type, name, id: importId = "" } = request;
    const { plain: inputs, secretPaths } = await plainInputs(sdk, request.inputs);
    const { id, state } = resourceState({ type, name, inputs, importId });
    if (planned) Object.assign(planned, { inputs, secretInputs: secretPaths, id, outputs: state });
    if (type === COMMAND_TYPE) recorder.commands.push({ name, ...commandOf(inputs) });
    return { id, state };
  };
  const call = async ({ token, inputs }: { token: string; inputs: Record<string, unknown> }) => {
    const { plain } = await plainInputs(sdk, inputs);
    return callResult({ token, inputs: plain });
  };
  await sdk.runtime.setMocks({ newResource, call }, app, stage, isPreview, "organization");

  const monitor = sdk.runtime.getMonitor();
  if (!monitor) throw new Error("Pulumi's SDK has no monitor after setMocks: has @pulumi/pulumi changed?");
  monitor.newUrn = (parent, type, name) => urnOf({ app, stage, parent, type, name });
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = async (request, reply) => {
    const planned = plannedResource(request, monitor.newUrn(request.getParent(), request.getType(), request.getName()));
    if (byUrn.has(planned.urn)) return reply(new Error(`two resources have the URN ${planned.urn}`));
    byUrn.set(planned.urn, planned);
    recorder.resources.push(planned);
    registering = planned;
    return register(request, reply);
  };
  const registerOutputs = monitor.registerResourceOutputs.bind(monitor);
  monitor.registerResourceOutputs = (request, reply) => {
    const planned = byUrn.get(request.getUrn());
    const outputs = request.getOutputs()?.toJavaScript();
    if (!planned) return registerOutputs(request, reply);
    plainInputs(sdk, outputs ?? {}).then(({ plain }) => {
      planned.outputs = plain;
      registerOutputs(request, reply);
    }, reply);
  };
  return recorder;
};

type UrnParts = { app: string; stage: string; parent: string; type: string; name: string };

/** As the real engine forms it: types of all ancestors but the stack, which Pulumi's own stand-in for tests gets wrong. */
const urnOf = ({ app, stage, parent, type, name }: UrnParts): string => {
  const parentType = parent.split("::")[2] ?? STACK_TYPE;
  return ["urn:pulumi:".concat(stage), app, parentType === STACK_TYPE ? type : `${parentType}$${type}`, name].join(
    "::",
  );
};

const plannedResource = (request: RegisterRequest, urn: string): PlannedResource => ({
  ...{ urn, type: request.getType(), name: request.getName(), custom: request.getCustom() },
  ...(request.getParent() && { parent: request.getParent() }),
  ...{ id: "", inputs: {}, outputs: {}, secretInputs: [], dependsOn: request.getDependenciesList() },
  ...{ retainOnDelete: request.getRetainondelete(), protect: request.getProtect() },
});

const commandOf = ({ create, dir, environment }: Record<string, unknown>) => ({
  command: String(create),
  ...(typeof dir === "string" && { dir }),
  ...(environment !== undefined && { environment: environment as Record<string, string> }),
});
