/** What a program asked the engine for. All of it is JSON, so that it can pass from one process to another. */
export type PlannedResource = {
  urn: string;
  /** `aws:lambda/function:Function`, or `sst:…` for a component, which makes nothing by itself. */
  type: string;
  name: string;
  parent?: string;
  /** Made by a provider; false for a component. */
  custom: boolean;
  id: string;
  inputs: Record<string, unknown>;
  /** Inputs and what AWS would add to them: ARNs, names, addresses. */
  outputs: Record<string, unknown>;
  /** Dotted paths of the inputs that are kept secret in the state. */
  secretInputs: string[];
  dependsOn: string[];
  /** Kept in the account when the stack lets go of it. */
  retainOnDelete: boolean;
  protect: boolean;
};

/** A build command that the real engine would run on the deploying machine. The stand-in only notes it. */
export type LocalCommand = { name: string; command: string; dir?: string; environment?: Record<string, string> };

export type Deployment = {
  app: string;
  stage: string;
  /** What the program returns, and what SST adds to it. */
  outputs: Record<string, unknown>;
  resources: PlannedResource[];
  commands: LocalCommand[];
  errors: string[];
};
