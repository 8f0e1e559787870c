import { once } from "node:events";
import { createServer, type Socket } from "node:net";

type Received = { to: string[]; raw: string };

/** A mail server on loopback that takes everything, unless `refuses` answers a command (RFC 5321). */
export const startSmtpServer = async (refuses: (command: string) => string | undefined = () => undefined) => {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
    let [buffer, to, isData] = ["", [] as string[], false];
    const say = (line: string) => socket.write(`${line}\r\n`);
    say("220 test");
    socket.on("data", (bytes) => {
      buffer += bytes.toString("latin1");
      for (;;) {
        const mark = isData ? "\r\n.\r\n" : "\r\n";
        const end = buffer.indexOf(mark);
        if (end < 0) return;
        const part = buffer.slice(0, end);
        buffer = buffer.slice(end + mark.length);
        if (isData) {
          isData = false;
          received.push({ to: to.splice(0), raw: `${part.replaceAll("\r\n..", "\r\n.")}\r\n` });
          say("250 taken");
          continue;
        }
        const refusal = refuses(part);
        if (refusal) say(refusal);
        else if (/^DATA/i.test(part)) {
          isData = true;
          say("354 go on");
        } else if (/^QUIT/i.test(part)) socket.end("221 bye\r\n");
        else {
          const [, recipient] = /^RCPT TO:<(.*?)>/i.exec(part) ?? [];
          if (recipient) to.push(recipient);
          say("250 well");
        }
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    url: `smtp://127.0.0.1:${port}`,
    received,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
};
