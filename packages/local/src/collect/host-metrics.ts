import { readFile, statfs } from "node:fs/promises";
import os from "node:os";
import {
  type ByteCounts,
  type CpuTicks,
  parseCpu,
  parseDiskBytes,
  parseLoad,
  parseMemoryUsedPercent,
  parseNetworkBytes,
} from "./proc.ts";

export type HostMetrics = Record<string, number>;

type Reading = {
  atMs: number;
  cpu: CpuTicks;
  disk: ByteCounts | undefined;
  network: ByteCounts | undefined;
  load1: number;
  tasks: number | undefined;
  memoryUsedPercent: number;
  diskUsedPercent: number;
};

/**
 * Samples this machine. The first call returns `undefined`, because rates need two readings. Rates are per second over
 * the time since the call before. Off Linux, what `node:os` cannot tell (disk and network bytes, tasks) is left out.
 * @param path any path on the file system whose fill level counts
 */
export const hostMetrics = (path: string, now: () => number) => {
  let before: Reading | undefined;
  return async (): Promise<HostMetrics | undefined> => {
    const current = process.platform === "linux" ? await readLinux(path, now) : await readPortable(path, now);
    const previous = before;
    before = current;
    return previous && current.atMs > previous.atMs ? difference(previous, current) : undefined;
  };
};

const difference = (a: Reading, b: Reading): HostMetrics => {
  const seconds = (b.atMs - a.atMs) / 1000;
  const ticks = Math.max(1, b.cpu.total - a.cpu.total);
  const values: Record<string, number | undefined> = {
    cpuPercent: (100 * (b.cpu.busy - a.cpu.busy)) / ticks,
    iowaitPercent: (100 * (b.cpu.iowait - a.cpu.iowait)) / ticks,
    memoryUsedPercent: b.memoryUsedPercent,
    diskUsedPercent: b.diskUsedPercent,
    diskReadBytesPerSecond: a.disk && b.disk && (b.disk.inBytes - a.disk.inBytes) / seconds,
    diskWriteBytesPerSecond: a.disk && b.disk && (b.disk.outBytes - a.disk.outBytes) / seconds,
    load1: b.load1,
    tasks: b.tasks,
    networkReceiveBytesPerSecond: a.network && b.network && (b.network.inBytes - a.network.inBytes) / seconds,
    networkTransmitBytesPerSecond: a.network && b.network && (b.network.outBytes - a.network.outBytes) / seconds,
  };
  const known = Object.entries(values).filter((entry): entry is [string, number] => Number.isFinite(entry[1]));
  return Object.fromEntries(known.map(([name, value]) => [name, round(value)]));
};

/** Four decimals keep what the counters resolve and the recording small. Counters can step back (iowait does). */
const round = (value: number) => Math.max(0, Math.round(value * 1e4) / 1e4);

const diskUsedPercent = async (path: string): Promise<number> => {
  const { blocks, bfree } = await statfs(path);
  return (100 * (blocks - bfree)) / blocks;
};

const readLinux = async (path: string, now: () => number): Promise<Reading> => {
  const text = (name: string) => readFile(`/proc/${name}`, "utf8");
  const [stat, meminfo, loadavg, diskstats, netdev, used] = await Promise.all([
    text("stat"),
    text("meminfo"),
    text("loadavg"),
    text("diskstats"),
    text("net/dev"),
    diskUsedPercent(path),
  ]);
  return {
    atMs: now(),
    cpu: parseCpu(stat),
    disk: parseDiskBytes(diskstats),
    network: parseNetworkBytes(netdev),
    ...parseLoad(loadavg),
    memoryUsedPercent: parseMemoryUsedPercent(meminfo),
    diskUsedPercent: used,
  };
};

const readPortable = async (path: string, now: () => number): Promise<Reading> => {
  const times = os.cpus().map((cpu) => cpu.times);
  const idle = times.reduce((sum, t) => sum + t.idle, 0);
  const total = times.reduce((sum, t) => sum + t.user + t.nice + t.sys + t.idle + t.irq, 0);
  return {
    atMs: now(),
    cpu: { busy: total - idle, iowait: 0, total },
    disk: undefined,
    network: undefined,
    load1: os.loadavg()[0] ?? 0,
    tasks: undefined,
    memoryUsedPercent: (100 * (os.totalmem() - os.freemem())) / os.totalmem(),
    diskUsedPercent: await diskUsedPercent(path),
  };
};
