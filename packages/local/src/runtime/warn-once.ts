/** Warnings of a consumer's thread, each text once: every batch meets the same damage again. */
export const warnOnce = () => {
  const said = new Set<string>();
  return (text: string): void => {
    if (said.has(text)) return;
    said.add(text);
    process.emitWarning(text);
  };
};
