import { it } from "vitest";

/** What the other side of an adapter cannot do: the name of a contract's test, and why it is not run. */
export type Gaps = Readonly<Record<string, string>>;

/** `it` that shows a gap as a skipped test with its reason. A gap that is no test's name is an error. */
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
      for (const title of Object.keys(gaps)) {
        if (!met.has(title)) throw new Error(`the contract has no test "${title}": correct the list of gaps`);
      }
    },
  };
};
