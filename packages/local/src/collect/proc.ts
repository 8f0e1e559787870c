/** Parsers of the Linux files that host metrics come from; pure, so that they are tested on recorded text. */

export type CpuTicks = { busy: number; iowait: number; total: number };
export type ByteCounts = { inBytes: number; outBytes: number };

/** First line of /proc/stat. `guest` ticks are part of `user` (proc(5)), so they are not added again. */
export const parseCpu = (stat: string): CpuTicks => {
  const ticks = (stat.split("\n")[0] ?? "").trim().split(/\s+/).slice(1, 9).map(Number);
  const [, , , idle = 0, iowait = 0] = ticks;
  const total = ticks.reduce((sum, n) => sum + n, 0);
  return { busy: total - idle - iowait, iowait, total };
};

/** Share of memory that is not available to a new program (`MemAvailable`), in percent. */
export const parseMemoryUsedPercent = (meminfo: string): number => {
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(meminfo)?.[1] ?? Number.NaN);
  const total = kib("MemTotal");
  return (100 * (total - kib("MemAvailable"))) / total;
};

/** /proc/diskstats counts 512-byte sectors whatever the device (kernel: Documentation/admin-guide/iostats.rst). */
const SECTOR_BYTES = 512;
/** Whole devices only: their partitions, loop, ram and device-mapper entries would count the same bytes again. */
const WHOLE_DEVICE = /^(?:sd[a-z]+|vd[a-z]+|xvd[a-z]+|hd[a-z]+|nvme\d+n\d+|mmcblk\d+)$/;

export const parseDiskBytes = (diskstats: string): ByteCounts => {
  const rows = diskstats.split("\n").map((line) => line.trim().split(/\s+/));
  const devices = rows.filter((row) => WHOLE_DEVICE.test(row[2] ?? ""));
  const sum = (column: number) => devices.reduce((bytes, row) => bytes + Number(row[column]) * SECTOR_BYTES, 0);
  return { inBytes: sum(5), outBytes: sum(9) };
};

/** All interfaces of /proc/net/dev, loopback included: local services talk over it. */
export const parseNetworkBytes = (netdev: string): ByteCounts => {
  const rows = netdev
    .split("\n")
    .filter((line) => line.includes(":"))
    .map((line) => (line.split(":")[1] ?? "").trim().split(/\s+/));
  const sum = (column: number) => rows.reduce((bytes, row) => bytes + Number(row[column]), 0);
  return { inBytes: sum(0), outBytes: sum(8) };
};

/** /proc/loadavg: one-minute load and the number of scheduling entities (processes and threads). */
export const parseLoad = (loadavg: string): { load1: number; tasks: number } => {
  const [load1, , , entities = ""] = loadavg.trim().split(/\s+/);
  return { load1: Number(load1), tasks: Number(entities.split("/")[1] ?? Number.NaN) };
};
