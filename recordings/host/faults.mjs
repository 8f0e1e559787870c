// The faults and the everyday work of the recording, each as a function that runs in a process of its own until it is
// stopped: `node faults.mjs KIND DIRECTORY SECONDS`. Nothing here pretends: memory is touched, bytes reach the disk.
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const [kind = "", directory = "", seconds = "60"] = process.argv.slice(2);
const endsAtMs = Date.now() + Number(seconds) * 1000;
const isRunning = () => Date.now() < endsAtMs;
const MIB = 2 ** 20;

const spin = () => {
  while (isRunning()) createHash("sha256").update(randomBytes(4096)).digest();
};

const children = (count, childKind) =>
  Promise.all(
    Array.from({ length: count }, () => {
      const child = spawn(process.execPath, [
        import.meta.filename,
        childKind,
        directory,
        String((endsAtMs - Date.now()) / 1000),
      ]);
      return new Promise((resolve) => child.once("exit", resolve));
    }),
  );

/** Writes 64 KiB blocks at random places of a 512 MiB file and forces each to the device. */
const randomWrites = () => {
  const path = join(directory, `storm-${process.pid}`);
  const file = openSync(path, "w+");
  const block = randomBytes(65536);
  while (isRunning()) {
    writeSync(file, block, 0, block.length, Math.floor(Math.random() * 8192) * block.length);
    fsyncSync(file);
  }
  closeSync(file);
  rmSync(path);
};

const FAULTS = {
  spin,
  "random-writes": randomWrites,
  "cpu-hog": () => children(6, "spin"),
  "io-storm": () => children(4, "random-writes"),
  /** 120 MiB a second, every page touched, up to 8 GiB; then held. */
  "memory-leak": async () => {
    const leaked = [];
    while (isRunning()) {
      if (leaked.length < 8192 / 60) leaked.push(Buffer.alloc(60 * MIB, 1));
      await sleep(500);
    }
  },
  /** 160 MiB a second up to 9 GiB; then held, and deleted at the end. */
  "disk-fill": async () => {
    const path = join(directory, "fill");
    const file = openSync(path, "w");
    const block = randomBytes(8 * MIB);
    for (let written = 0; isRunning(); await sleep(50)) {
      if (written >= 9216 * MIB) continue;
      written += writeSync(file, block);
      if (written % (64 * MIB) === 0) fsyncSync(file);
    }
    closeSync(file);
    rmSync(path);
  },
  /** 500 idle processes, and as many short-lived ones as fit into the time. */
  "process-storm": async () => {
    const idle = Array.from({ length: 500 }, () => spawn("sleep", [String(Number(seconds))], { stdio: "ignore" }));
    while (isRunning()) await new Promise((resolve) => spawn("true").once("exit", resolve));
    for (const child of idle) child.kill("SIGKILL");
  },
  /** Four connections on loopback, as fast as they go. */
  "network-burst": async () => {
    const server = net.createServer((socket) => socket.resume()).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const block = randomBytes(MIB);
    const sockets = Array.from({ length: 4 }, () => {
      const socket = net.connect(server.address().port, "127.0.0.1");
      const pump = () => {
        while (isRunning() && socket.write(block));
        if (isRunning()) socket.once("drain", () => setImmediate(pump));
      };
      pump();
      return socket;
    });
    while (isRunning()) await sleep(200);
    for (const socket of sockets) socket.destroy();
    server.close();
  },
  /** The everyday service that a stall stops: answers 8 KiB and logs each request, forced to disk every second. */
  service: async () => {
    mkdirSync(directory, { recursive: true });
    const log = openSync(join(directory, "service.log"), "a");
    const body = randomBytes(8192);
    const server = http.createServer((request, response) => {
      writeSync(log, `${Date.now()} ${request.url}\n`);
      response.end(createHash("sha256").update(body).digest("hex") + body.toString("base64").slice(0, 8128));
    });
    server.listen(Number(process.env.SERVICE_PORT), "127.0.0.1");
    while (isRunning()) {
      fsyncSync(log);
      await sleep(1000);
    }
    process.exit();
  },
  /** Its callers: 60 to 140 requests a second, on a ten-minute swell. */
  client: async () => {
    const url = `http://127.0.0.1:${process.env.SERVICE_PORT}/`;
    while (isRunning()) {
      const rate = 100 + 40 * Math.sin((2 * Math.PI * Date.now()) / 600_000);
      fetch(`${url}${Date.now()}`, { signal: AbortSignal.timeout(2000) })
        .then((response) => response.arrayBuffer())
        .catch(() => undefined); // a stalled service is the point
      await sleep(-Math.log(1 - Math.random()) * (1000 / rate));
    }
    process.exit();
  },
};

const WORK = {
  /** A clean install of this repository's packages. */
  install:
    "cp package.json package-lock.json DIR/ && cp -r packages DIR/packages && rm -rf DIR/packages/*/node_modules && cd DIR && npm ci --ignore-scripts --no-audit --no-fund --prefer-offline >/dev/null 2>&1",
  build: "npx tsc --noEmit >/dev/null 2>&1; npx tsc --noEmit >/dev/null 2>&1",
  compress:
    "tar -cf - node_modules/typescript node_modules/@biomejs node_modules/vite packages 2>/dev/null | gzip -6 > DIR/archive.tgz",
  search: "for pass in 1 2 3; do find node_modules/ -type f -print0 | xargs -0 sha256sum >/dev/null; done",
};

if (kind in FAULTS) await FAULTS[kind]();
else if (kind in WORK) {
  const workDirectory = join(directory, "work");
  if (existsSync(workDirectory)) rmSync(workDirectory, { recursive: true });
  mkdirSync(workDirectory, { recursive: true });
  const child = spawn("sh", ["-c", WORK[kind].replaceAll("DIR", workDirectory)], { stdio: "inherit" });
  await new Promise((resolve) => child.once("exit", resolve));
  rmSync(workDirectory, { recursive: true });
} else {
  console.error(`unknown kind "${kind}": one of ${[...Object.keys(FAULTS), ...Object.keys(WORK)].join(", ")}`);
  process.exitCode = 2;
}
