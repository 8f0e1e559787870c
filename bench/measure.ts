/** CPU time is that of the whole process, worker threads included. */
export type Cost = { wallSeconds: number; cpuSeconds: number };

export const stopwatch = (): (() => Cost) => {
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return { wallSeconds: (performance.now() - startedMs) / 1000, cpuSeconds: (user + system) / 1e6 };
  };
};

const SAMPLE_MS = 100;
/** Highest resident memory of this process, from now until `stop`. */
export const watchMemory = (): (() => number) => {
  let peak = process.memoryUsage.rss();
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, SAMPLE_MS);
  return () => {
    clearInterval(timer);
    return peak;
  };
};

/** Value below which a share of the sorted values lies. */
export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
