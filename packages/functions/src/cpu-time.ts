/** CPU time of this process so far, in ms: the wall clock would count what others do. */
export const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
