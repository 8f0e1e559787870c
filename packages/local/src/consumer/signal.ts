/** Wakes one waiter; a wake while nobody waits is kept for the next wait. */
export const signal = () => {
  let raised = false;
  let release: (() => void) | undefined;
  return {
    raise(): void {
      raised = true;
      release?.();
    },
    /** Resolves at the next raise, or when the time is over. */
    async wait(milliseconds: number): Promise<void> {
      if (!raised) {
        let timer: NodeJS.Timeout | undefined;
        await new Promise<void>((resolve) => {
          release = resolve;
          timer = setTimeout(resolve, milliseconds);
        });
        clearTimeout(timer);
        release = undefined;
      }
      raised = false;
    },
  };
};
