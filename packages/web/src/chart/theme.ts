/** Colours come from the style sheet when they are drawn, so that a change between light and dark needs only a redraw. */
export const themeColor = (name: `--${string}`) => (): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Calls back when the system changes between light and dark; returns the undo. */
export const onSchemeChange = (callback: () => void): (() => void) => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", callback);
  return () => dark.removeEventListener("change", callback);
};

export const CHART_FONT = "11px system-ui, sans-serif";
