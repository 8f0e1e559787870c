/** Smallest spread of a scaled residual: what is forecast better is forecast exactly, and its rounding is no news. */
export const RESIDUAL_SD_MIN = 1e-3;
