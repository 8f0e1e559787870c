import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EXPERIMENT_DOMAIN, type Lookup, RUN_DOMAIN } from "./fields.ts";
import { isLike, matches } from "./matches.ts";
import { parseOrder, sorted } from "./order.ts";
import { parseFilter } from "./parse.ts";

/** Fields as `kind key` → value. */
const thing =
  (fields: Record<string, string | number | string[]>): Lookup =>
  ({ kind, key }) =>
    fields[`${kind} ${key}`];

const RUN = thing({
  ...{ "metric rmse": 0.5, "metric bad": Number.NaN, "metric a b": 2 },
  ...{ "param model": "GradientTree", "tag mlflow.user": "Ann", "tag x y": "z", "tag it's": "o'k" },
  ...{ "attribute status": "FINISHED", "attribute run_name": "first", "attribute start_time": 100 },
  "dataset name": ["train", "test"],
});
const holds = (filter: string): boolean => matches(parseFilter(filter, RUN_DOMAIN), RUN);

describe("a filter", () => {
  test.each([
    "",
    "  ",
    "metrics.rmse < 1",
    "metric.rmse<=.5 and METRICS.rmse >= 5e-1 AND metrics.rmse = 0.50",
    "metrics.rmse > -1 AND metrics.rmse != 1",
    'metrics.`a b` = 2 AND metrics."a b" = 2',
    "params.model LIKE '%Tree%' AND param.model ILIKE 'gradient____'",
    "tags.`x y` = 'z' AND tag.mlflow.user = \"Ann\"",
    "tags.\"it's\" = 'o''k'",
    "attributes.status = 'FINISHED' AND status IN ('RUNNING', 'FINISHED') AND attr.run_name = 'first'",
    "status NOT IN ('RUNNING') AND `run name` = 'first' AND created = 100",
    "start_time < 101 AND datasets.name = 'test' AND dataset.name LIKE 'tr%'",
    "tags.none IS NULL AND params.model IS NOT NULL",
  ])("that holds: %s", (filter) => {
    expect(holds(filter)).toBe(true);
  });

  test.each([
    "metrics.rmse < 0.5",
    "metrics.none != 1",
    "metrics.bad != metrics",
    "metrics.bad < 1",
    "params.model = 'gradienttree'",
    "params.none != 'x'",
    "tags.none LIKE '%'",
    "status = 'FINISHED' AND status = 'RUNNING'",
    "status NOT IN ('FINISHED')",
    "tags.none IS NOT NULL",
  ])("that does not hold, or is none: %s", (filter) => {
    const isTrue = () => holds(filter);
    if (filter.endsWith("metrics")) expect(isTrue).toThrow(/expected a number/);
    else expect(isTrue()).toBe(false);
  });

  test.each([
    ["metrics.rmse < 'x'", /expected a number for metric 'rmse', not "x" at 16/],
    ["params.model = 3", /expected a quoted string for param 'model'/],
    ["params.model < 'a'", /param 'model' takes =, !=, LIKE, ILIKE, IN, NOT IN, IS NULL, IS NOT NULL, not </],
    ["metrics.rmse LIKE 'a'", /takes =, !=/],
    ["a = 'b' OR c = 'd'", /there is no attribute 'a'/],
    ["status = 'a' OR status = 'b'", /expected AND or the end, not "OR"/],
    ["(status = 'a')", /expected a field such as metrics.rmse, not "\(" at 1/],
    ["status =", /not the end/],
    ["status", /expected a comparison/],
    ["status IS 'x'", /expected NULL/],
    ["status IS NULL", /only params and tags/],
    ["status NOT LIKE 'x'", /expected IN behind NOT/],
    ["status IN 'x'", /expected a list/],
    ["status IN ('x'", /expected \)/],
    ["status IN (1)", /quoted string in the list/],
    ["things.a = 'b'", /'things' is no kind of field/],
    ["datasets.size = 'b'", /cannot be searched here/],
    ["status = 'open", /unexpected "'open" at 10/],
    ["metrics.rmse < 1;", /unexpected ";"/],
    [`status IN (${Array(1001).fill("'a'").join(",")})`, /at most 1000 values/],
    [Array(101).fill("status = 'a'").join(" AND "), /more than 100 comparisons/],
    ["x".repeat(20_001), /at most 20000 characters/],
    ["constructor = 'x'", /no attribute 'constructor'/],
    ["toString.a = 'x'", /no kind of field/],
  ])("that is none says where: %s", (filter, reason) => {
    expect(() => parseFilter(filter, RUN_DOMAIN)).toThrow(reason);
  });

  test("asks only for what its things have", () => {
    expect(() => parseFilter("metrics.a = 1", EXPERIMENT_DOMAIN)).toThrow(/there are attributes, tags/);
    expect(parseFilter("name <> 'a'", EXPERIMENT_DOMAIN)).toMatchObject([{ op: "!=" }]);
  });

  test("law: any key and any text come back through quotes as they are", () => {
    const key = fc.string({ minLength: 1 }).filter((text) => !text.includes("`"));
    fc.assert(
      fc.property(key, fc.string({ unit: "grapheme" }), (name, value) => {
        const [found] = parseFilter(`tags.\`${name}\` = '${value.replaceAll("'", "''")}'`, RUN_DOMAIN);
        expect(found).toEqual({ field: { kind: "tag", key: name }, op: "=", value });
      }),
    );
  });

  test("law: whatever is written, the answer is comparisons or a reason", () => {
    const piece = fc.oneof(
      fc.constantFrom("metrics", "tags", ".", "=", "<", "LIKE", "IN", "(", ")", ",", "AND", "NOT", "'a'", "`b`", "1.5"),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          expect(Array.isArray(parseFilter(pieces.join(" "), RUN_DOMAIN))).toBe(true);
        } catch (error) {
          expect((error as Error).message).toMatch(/^Invalid filter: /);
        }
      }),
    );
  });
});

describe("isLike", () => {
  test("law: it is the regular expression with .* for % and . for _", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "%", "_"), maxLength: 8 });
    fc.assert(
      fc.property(text, text, (value, pattern) => {
        const expression = new RegExp(`^${pattern.replaceAll("%", ".*").replaceAll("_", ".")}$`, "s");
        expect(isLike(value, pattern)).toBe(expression.test(value));
      }),
    );
  });
});

describe("an order", () => {
  const ids = (orders: string[], things: Record<string, number | string>[]) =>
    sorted(
      things.map((fields, at) => ({ at, lookup: thing(fields) })),
      parseOrder(orders, RUN_DOMAIN),
      ({ lookup }) => lookup,
      (a, b) => a.at - b.at,
    ).map(({ at }) => at);

  test("sorts by its columns; what has no such value comes last either way", () => {
    const things = [{ "metric m": 1 }, {}, { "metric m": 3 }, { "metric m": Number.NaN }, { "metric m": 2 }];
    expect(ids(["metrics.m"], things)).toEqual([0, 4, 2, 1, 3]);
    expect(ids(["metrics.m DESC"], things)).toEqual([2, 4, 0, 1, 3]);
    const twice = [
      { "param p": "b", "metric m": 1 },
      { "param p": "a", "metric m": 1 },
      { "param p": "c", "metric m": 2 },
    ];
    expect(ids(["metrics.m desc", "params.`p` ASC"], twice)).toEqual([2, 1, 0]);
    expect(ids(["metrics.m"], [{}, {}])).toEqual([0, 1]);
  });

  test("that is none says why", () => {
    expect(() => parseOrder(["metrics.m UPWARDS"], RUN_DOMAIN)).toThrow(/expected ASC, DESC or the end/);
    expect(() => parseOrder(Array(11).fill("status"), RUN_DOMAIN)).toThrow(/at most 10 columns/);
  });
});
