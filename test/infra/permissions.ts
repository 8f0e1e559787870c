import type { Deployment, PlannedResource } from "./engine/deployment.ts";
import { ofType } from "./stages.ts";

/** One action on one resource, with names in place of ARNs. */
export type Permission = { role: string; effect: string; action: string; resource: string; condition: string };

/** Of a policy document. */
export type Statement = {
  Effect: string;
  Action?: string | string[];
  NotAction?: unknown;
  Resource?: string | string[];
  NotResource?: unknown;
  Condition?: Record<string, Record<string, string | string[]>>;
};

/** Everything that the roles may do: statements of inline policies, and the managed ones by name. */
export const permissionsOf = (deployment: Deployment): Permission[] => {
  const named = namesOf(deployment);
  return ofType(deployment, "iam/role").flatMap((role) => {
    const own = statementsOf(role).flatMap((each) => spread(role, each, named));
    const managed = ((role.inputs.managedPolicyArns ?? []) as string[]).map((arn) => ({
      ...{ role: role.name, effect: "Managed", action: arn.split("/").at(-1)!, resource: "", condition: "" },
    }));
    return [...own, ...managed];
  });
};

const spread = (role: PlannedResource, statement: Statement, named: (arn: string) => string): Permission[] => {
  if (statement.NotAction !== undefined || statement.NotResource !== undefined) {
    throw new Error(`${role.name} is allowed all but something: say what it may do`);
  }
  const condition = Object.entries(statement.Condition ?? {})
    .flatMap(([test, values]) =>
      Object.entries(values).map(([key, value]) => `${key} ${test} ${[value].flat().join(" ")}`),
    )
    .join(", ");
  return [statement.Action ?? []].flat().flatMap((action) =>
    [statement.Resource ?? []].flat().map((resource) => ({
      ...{ role: role.name, effect: statement.Effect, action, resource: named(resource), condition },
    })),
  );
};

/** The statements of a role's inline policies. */
export const statementsOf = ({ inputs }: PlannedResource): Statement[] =>
  ((inputs.inlinePolicies ?? []) as { policy: string }[]).flatMap(({ policy }) => JSON.parse(policy).Statement);

/** `arn:aws:s3:::tidewatch-dev-objects-x/models/*` → `ObjectsBucket/models/*` */
const namesOf = ({ resources }: Deployment): ((arn: string) => string) => {
  const byArn = resources
    .flatMap(({ name, outputs }) =>
      [outputs.arn, outputs.streamArn].flatMap((arn, index) =>
        typeof arn === "string" && arn !== "" ? [[arn, index === 0 ? name : `${name}'s changes`] as const] : [],
      ),
    )
    .toSorted(([a], [b]) => b.length - a.length);
  return (arn) => {
    const [prefix, name] =
      byArn.find(([each]) => arn === each || arn.startsWith(`${each}/`) || arn.startsWith(`${each}:`)) ?? [];
    return prefix === undefined || name === undefined ? arn : name + arn.slice(prefix.length);
  };
};

/** Columns of the same width whatever is in them, so that a change shows as what it is. */
const COLUMNS = { effect: "Managed".length, action: 30, resource: 32 };

/** The permissions as a table: a block per role. */
export const permissionTable = (permissions: readonly Permission[]): string =>
  [...Map.groupBy(permissions, ({ role }) => role)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([role, own]) => [role, ...own.map(lineOf).toSorted(), ""].join("\n"))
    .join("\n");

const lineOf = ({ effect, action, resource, condition }: Permission): string =>
  [
    `  ${effect.padEnd(COLUMNS.effect)}`,
    action.padEnd(COLUMNS.action),
    resource.padEnd(COLUMNS.resource),
    condition === "" ? "" : `if ${condition}`,
  ]
    .join("  ")
    .trimEnd();
