import { describe, expect, it } from "vitest";
import { parseCpu, parseDiskBytes, parseLoad, parseMemoryUsedPercent, parseNetworkBytes } from "./proc.ts";

// The texts follow the columns that proc(5) and the kernel's iostats.rst give; the sums are done by hand.
describe("Linux host metrics", () => {
  it("counts guest time once and idle and I/O wait as not busy", () => {
    const stat = "cpu  100 20 30 400 50 6 7 8 60 5\ncpu0 1 1 1 1 1 1 1 1 1 1\n";

    expect(parseCpu(stat)).toEqual({ busy: 171, iowait: 50, total: 621 });
  });

  it("takes unavailable memory as used, not memory that caches hold", () => {
    const meminfo =
      "MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    750 kB\nCached:          600 kB\n";

    expect(parseMemoryUsedPercent(meminfo)).toBe(25);
  });

  it("counts whole devices only, in sectors of 512 bytes", () => {
    const diskstats = [
      " 254 0 vda 10 0 100 0 5 0 40 0 0 0 0",
      " 254 1 vda1 9 0 90 0 5 0 40 0 0 0 0",
      " 259 0 nvme0n1 1 0 2 0 1 0 4 0 0 0 0",
      " 259 1 nvme0n1p1 1 0 2 0 1 0 4 0 0 0 0",
      "   7 0 loop0 5 0 50 0 0 0 0 0 0 0 0",
    ].join("\n");

    expect(parseDiskBytes(diskstats)).toEqual({ inBytes: 102 * 512, outBytes: 44 * 512 });
  });

  it("adds up every interface, also one whose counter touches the colon", () => {
    const netdev = [
      "Inter-|   Receive                            |  Transmit",
      " face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo colls carrier compressed",
      "    lo:1000 1 0 0 0 0 0 0 1000 1 0 0 0 0 0 0",
      "  eth0: 500 1 0 0 0 0 0 0 70 1 0 0 0 0 0 0",
    ].join("\n");

    expect(parseNetworkBytes(netdev)).toEqual({ inBytes: 1500, outBytes: 1070 });
  });

  it("reads load and the number of tasks", () => {
    expect(parseLoad("0.43 0.12 0.04 2/79 2291\n")).toEqual({ load1: 0.43, tasks: 79 });
  });
});
