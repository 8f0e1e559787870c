/** Digits that are shown of a figure. */
const DIGITS = 4;
const FIGURE = new Intl.NumberFormat("en-US", { maximumSignificantDigits: DIGITS });
const MILLION = 1e6;

/** 1,234 · 43.8 M · 0.0123: four digits, with the unit of the million where it is shorter. */
export const figure = (value: number): string =>
  Math.abs(value) >= MILLION ? `${FIGURE.format(value / MILLION)} M` : FIGURE.format(value);

/** From here on, cents are not told. */
const MANY_DOLLARS = 1000;
const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const CENTS = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** $1,234 · $27.38 */
export const dollars = (usd: number): string => `$${(usd >= MANY_DOLLARS ? WHOLE : CENTS).format(usd)}`;

/** 54 % · 2.0 % */
export const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
