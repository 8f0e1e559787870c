/** CPU time of this process so far, in ms, of all its threads: the wall clock would count other processes, too. */
export const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
