import { createRequire } from "node:module";

/** A request of the program to register a resource, as Pulumi's SDK sends it to the engine. */
export type RegisterRequest = {
  getType(): string;
  getName(): string;
  getParent(): string;
  getCustom(): boolean;
  getDependenciesList(): string[];
  getRetainondelete(): boolean;
  getProtect(): boolean;
};
type Reply = (error: unknown, response?: unknown) => void;

/** The engine's end of the SDK. The SDK brings one for tests; only what is built upon is named here. */
export type Monitor = {
  newUrn(parent: string, type: string, name: string): string;
  registerResource(request: RegisterRequest, reply: Reply): Promise<void>;
  registerResourceOutputs(
    request: { getUrn(): string; getOutputs(): { toJavaScript(): unknown } | undefined },
    reply: Reply,
  ): void;
};

type NewResource = { type: string; name: string; inputs: Record<string, unknown>; custom?: boolean; id?: string };
type Mocks = {
  newResource(resource: NewResource): Promise<{ id: string; state: Record<string, unknown> }>;
  call(call: { token: string; inputs: Record<string, unknown> }): Promise<Record<string, unknown>>;
};

/** What is used of `@pulumi/pulumi`. */
export type PulumiSdk = {
  asset: { Asset: { isInstance(value: unknown): boolean }; Archive: { isInstance(value: unknown): boolean } };
  runtime: {
    setMocks(mocks: Mocks, project: string, stack: string, preview: boolean, organization: string): Promise<void>;
    getMonitor(): Monitor | undefined;
    isRpcSecret(value: unknown): boolean;
    unwrapRpcSecret(value: unknown): unknown;
    runInPulumiStack(program: () => Promise<unknown>): Promise<Record<string, unknown> | undefined>;
    waitForRPCs(): Promise<void>;
  };
};

/** The very SDK that the program will import: SST keeps it below `.sst/platform`, where the program lies too. */
export const pulumiSdkOf = (program: string): PulumiSdk => createRequire(program)("@pulumi/pulumi");
