import type { TestProject } from "vitest/node";
import { clientsOf, createResources, type Kind, type Names, removeResources } from "../support/aws/resources.ts";

declare module "vitest" {
  interface ProvidedContext {
    names: Names;
  }
}

const KINDS: readonly Kind[] = ["table", "bucket", "stream", "bus"];

/** What an endpoint does not offer is left out by name: `TEST_AWS_WITHOUT=bus,stream`. */
const kindsOf = (without: string | undefined): Kind[] => {
  const left = (without ?? "").split(",").filter(Boolean);
  const unknown = left.filter((name) => !KINDS.some((kind) => kind === name));
  if (unknown.length > 0) throw new Error(`TEST_AWS_WITHOUT names of ${KINDS.join(", ")}, not ${unknown.join(", ")}`);
  return KINDS.filter((kind) => !left.includes(kind));
};

/** Makes a table, a bucket, a stream and a bus for the tests, and removes them whatever comes of the tests. */
export default async ({ provide }: TestProject): Promise<() => Promise<void>> => {
  const clients = clientsOf(process.env);
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  const kinds = kindsOf(process.env.TEST_AWS_WITHOUT);
  const names = await createResources(clients, kinds);
  const list = kinds.map((kind) => `${kind} ${names[kind]}`).join(", ");
  say(`made ${list}; they are removed at the end`);
  provide("names", names);
  let removing: Promise<void> | undefined;
  const remove = async (): Promise<void> => {
    removing ??= removeResources(clients, names);
    await removing;
    say(`removed ${list}`);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void remove().finally(() => process.exit(1)));
  }
  return remove;
};
