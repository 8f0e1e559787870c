/** Aborts on the first Ctrl-C or SIGTERM, for commands that end cleanly; a second one ends at once, as usual. */
export const onInterrupt = (): AbortController => {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => controller.abort());
  return controller;
};
