import http from "node:http";
import http2 from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { EventStream } from "@tidewatch/core/store/ports";
import { addressOf, explainListenError } from "../http/listen.ts";
import type { StreamReader } from "../stream/reader.ts";
import { kinesisHandler } from "./http.ts";
import { kinesisOperations } from "./operations.ts";
import type { OnFault } from "./wire-error.ts";

export type KinesisEndpoint = {
  /** @throws AppError UNAVAILABLE when the port is taken or not allowed */
  listen(port: number, host?: string): Promise<{ url: string; port: number }>;
  /** Open requests are answered first, for at most two seconds. */
  close(): Promise<void>;
};
export type KinesisEndpointOptions = {
  stream: EventStream;
  reader: StreamReader;
  streamName: string;
  now: () => number;
  /** Shown as the stream's time of creation; the endpoint's start when absent. */
  createdMs?: number;
  onFault?: OnFault;
};

/** A connection says what it speaks within this time. */
const FIRST_BYTES_MS = 10_000;
/** An HTTP/2 session without any traffic is closed; SDKs open another. */
const IDLE_SESSION_MS = 300_000;
const CLOSE_GRACE_MS = 2000;
const CLOSE_SWEEP_MS = 20;
/** RFC 9113, section 3.4: an HTTP/2 connection begins with `PRI * HTTP/2.0`; no HTTP/1.1 method begins alike. */
const HTTP2_PREFACE = "PRI";
/** What a client may send before it hears back; at the protocol's 64 KB large calls go in small steps. */
const UPLOAD_WINDOW_BYTES = 1024 * 1024;

/**
 * The Kinesis API in front of one stream: JSON 1.1 and CBOR over HTTP/1.1 and cleartext HTTP/2 on one port, for any AWS
 * SDK with `endpoint` set. Signatures are not checked, so it binds to 127.0.0.1 unless told otherwise.
 */
export const kinesisEndpoint = (options: KinesisEndpointOptions): KinesisEndpoint => {
  const { stream, reader, now, streamName } = options;
  const served = { reader, streamName, now, createdMs: options.createdMs ?? now() };
  const onFault = options.onFault ?? (() => {});
  const handler = kinesisHandler(kinesisOperations(stream, served, onFault), onFault);
  const http2Server = newHttp2Server(handler);
  const http1Server = http.createServer({ headersTimeout: FIRST_BYTES_MS }, handler);
  const { sockets, undecided } = tellApart(http1Server, http2Server);
  const sessions = trackSessions(http2Server);

  return {
    listen: async (port, host = "127.0.0.1") => {
      await new Promise<void>((resolve, reject) => {
        http1Server.once("error", (error) => reject(explainListenError(error, port, host)));
        http1Server.listen(port, host, resolve);
      });
      const actual = (http1Server.address() as AddressInfo).port;
      return { url: addressOf(host, actual), port: actual };
    },
    close: () =>
      new Promise((resolve) => {
        const grace = setTimeout(() => {
          for (const socket of sockets) socket.destroy();
        }, CLOSE_GRACE_MS);
        http1Server.close(() => {
          clearTimeout(grace);
          clearInterval(sweep);
          resolve();
        });
        // Node keeps a connection alive whose answer was under way when the server closed.
        const sweep = setInterval(() => http1Server.closeIdleConnections(), CLOSE_SWEEP_MS);
        for (const session of sessions) session.close();
        for (const socket of undecided) socket.destroy();
      }),
  };
};

type Handler = ReturnType<typeof kinesisHandler>;

const newHttp2Server = (handler: Handler): http2.Http2Server => {
  const settings = { initialWindowSize: UPLOAD_WINDOW_BYTES };
  const server = http2.createServer({ settings }, handler);
  server.on("sessionError", () => {});
  return server;
};

const trackSessions = (server: http2.Http2Server): Set<http2.ServerHttp2Session> => {
  const sessions = new Set<http2.ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    session.setTimeout(IDLE_SESSION_MS, () => session.close());
  });
  return sessions;
};

/**
 * Puts the question "which HTTP?" before the HTTP/1.1 server's own connection listener. That server owns the port,
 * because only a listening one enforces its timeouts. Gives the open sockets, and those that have not spoken yet.
 */
const tellApart = (http1Server: http.Server, http2Server: http2.Http2Server) => {
  const speakHttp1 = http1Server.listeners("connection") as ((socket: Socket) => void)[];
  http1Server.removeAllListeners("connection");
  const sockets = new Set<Socket>();
  const undecided = new Set<Socket>();
  http1Server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    undecided.add(socket);
    socket
      .on("error", () => socket.destroy())
      .once("close", () => {
        sockets.delete(socket);
        undecided.delete(socket);
      });
    firstBytes(socket, (isHttp2) => {
      undecided.delete(socket);
      if (isHttp2) {
        // The HTTP/1.1 server's sockets stay half open, on which HTTP/2 would never notice that its client has left.
        socket.allowHalfOpen = false;
        http2Server.emit("connection", socket);
        return;
      }
      for (const speak of speakHttp1) speak.call(http1Server, socket);
      socket.resume();
    });
  });
  return { sockets, undecided };
};

const firstBytes = (socket: Socket, decide: (isHttp2: boolean) => void): void => {
  let head = Buffer.alloc(0);
  const giveUp = () => socket.destroy();
  const onData = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk]);
    if (head.length < HTTP2_PREFACE.length) return;
    socket.off("data", onData).off("end", giveUp).off("timeout", giveUp);
    socket.setTimeout(0);
    socket.pause();
    socket.unshift(head);
    decide(head.toString("latin1", 0, HTTP2_PREFACE.length) === HTTP2_PREFACE);
  };
  socket.on("data", onData).once("end", giveUp).once("timeout", giveUp).setTimeout(FIRST_BYTES_MS);
};
