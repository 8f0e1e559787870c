import { expect, test } from "vitest";
import { normalQuantile } from "./normal.ts";

test("quantiles of the standard normal distribution, as R's qnorm gives them", () => {
  const known: [number, number][] = [
    [0.5, 0],
    [0.6, 0.2533471031],
    [0.75, 0.6744897502],
    [0.95, 1.644853627],
    [0.975, 1.959963985],
    [0.99995, 3.890591886],
    [1e-20, -9.262340089],
  ];
  for (const [share, quantile] of known) {
    expect(normalQuantile(share)).toBeCloseTo(quantile, 5);
    if (share > 1e-10) expect(normalQuantile(1 - share)).toBeCloseTo(-quantile, 5);
  }
});
