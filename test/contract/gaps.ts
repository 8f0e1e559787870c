import { expect, it } from "vitest";

/** What the other side of an adapter cannot do: the name of a contract's test, and why it is not run. */
export type Gaps = Readonly<Record<string, string>>;

/** `it` that shows a gap as a skipped test with its reason. A gap that is no test's name fails. */
export const testsUnless = (gaps: Gaps) => {
  const met = new Set<string>();
  return {
    it(title: string, run: () => Promise<void>): void {
      const reason = gaps[title];
      if (reason === undefined) {
        it(title, run);
        return;
      }
      met.add(title);
      it.skip(`${title} [gap: ${reason}]`, () => {});
    },
    checkGaps(): void {
      if (Object.keys(gaps).length === 0) return;
      it("each gap is a test of the contract", () => expect([...met].sort()).toEqual(Object.keys(gaps).sort()));
    },
  };
};
