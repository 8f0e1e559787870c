/** Numbers in sentences. */

export const thousands = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ",");

export const count = (value: number, one: string, many = `${one}s`): string =>
  `${thousands(value)} ${value === 1 ? one : many}`;

/** One digit behind the point below a tenth. */
export const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

/** Two digits that count. */
export const micros = (ms: number): string => `${Number((ms * 1000).toPrecision(2))} µs`;
