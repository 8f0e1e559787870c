import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { type AddressInfo, createServer } from "node:net";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import dynalite from "dynalite";
import type { Loopback } from "./loopback.ts";

/** DynamoDB without streams, TTL and transactions. */
export const startDynalite = async (): Promise<Loopback> => {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0 });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
};

/** S3 with the gaps listed in `docs/emulators.md`. */
export const startS3Emulator = async (): Promise<Loopback> => {
  // Loaded here, as it warns of `node:sqlite` when it is loaded.
  const { startFauxqs } = await import("fauxqs");
  const server = await startFauxqs({ port: 0, host: "127.0.0.1", logger: false });
  return { url: `http://127.0.0.1:${server.port}`, close: () => server.stop() };
};

const require = createRequire(import.meta.url);
const READY_WITHIN_MS = 30_000;
const POLL_MS = 50;

/** Kinesis, as a process of its own. */
export const startKinesisEmulator = async (): Promise<Loopback> => {
  const [plain, tls] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${plain}`;
  const program = require.resolve("kinesis-local");
  const child = spawn(process.execPath, [program], {
    stdio: "ignore",
    // Where its certificate lies.
    cwd: dirname(program),
    env: {
      ...process.env,
      KINESIS_MOCK_PLAIN_PORT: String(plain),
      KINESIS_MOCK_TLS_PORT: String(tls),
      CREATE_STREAM_DURATION: "1ms",
      DELETE_STREAM_DURATION: "1ms",
      LOG_LEVEL: "ERROR",
    },
  });
  const exited = once(child, "exit");
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error("kinesis-local does not start");
    await sleep(POLL_MS);
  }
  return {
    url,
    close: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
};

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/healthcheck`).then(
    () => true,
    () => false,
  );

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
};
