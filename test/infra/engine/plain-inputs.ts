import { relative } from "node:path";
import type { PulumiSdk } from "./pulumi-sdk.ts";

/** Values as Pulumi's SDK passes them on, made plain: secrets unwrapped and noted, assets as paths, promises awaited. */
export const plainInputs = async (
  sdk: PulumiSdk,
  inputs: unknown,
): Promise<{ plain: Record<string, unknown>; secretPaths: string[] }> => {
  const secretPaths: string[] = [];
  const plain = async (given: unknown, path: string): Promise<unknown> => {
    const value = await given;
    if (sdk.runtime.isRpcSecret(value)) {
      secretPaths.push(path);
      return plain(sdk.runtime.unwrapRpcSecret(value), path);
    }
    if (sdk.asset.Asset.isInstance(value) || sdk.asset.Archive.isInstance(value)) {
      const { path: file, text } = value as { path?: unknown; text?: unknown };
      return plain({ path: file, text }, path);
    }
    if (Array.isArray(value)) return Promise.all(value.map((item, index) => plain(item, `${path}[${index}]`)));
    if (value && typeof value === "object") {
      const entries = Object.entries(value).map(async ([key, item]) => [
        key,
        await plain(item, path === "" ? key : `${path}.${key}`),
      ]);
      return Object.fromEntries((await Promise.all(entries)).filter(([, item]) => item !== undefined));
    }
    return typeof value === "string" ? fromRoot(value) : value;
  };
  return { plain: (await plain(inputs, "")) as Record<string, unknown>, secretPaths };
};

/** Paths below the project are named from its root, so that a plan is the same on every machine. */
const fromRoot = (value: string): string => {
  const root = process.cwd();
  return value.startsWith(`${root}/`) ? relative(root, value) : value;
};
