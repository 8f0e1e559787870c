import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { newSesClient } from "@tidewatch/functions/aws/clients";
import { sesMailer } from "@tidewatch/functions/mail/ses-mailer";
import { smtpMailer } from "@tidewatch/functions/mail/smtp-mailer";
import { localMailer } from "@tidewatch/local/mail/local-mailer";
import { describe, expect, it } from "vitest";
import { ONE_TRY } from "../support/aws/impatient.ts";
import { jsonFailure, jsonReply, serve } from "../support/aws/loopback.ts";
import { emulatorEnvironment } from "../support/aws/resources.ts";
import { startSmtpServer } from "../support/smtp-server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { mailerContract } from "./mailer.ts";

const FROM = "Tidewatch <tidewatch@example.com>";
const clock = () => Date.UTC(2026, 10, 21);
const addresses = (raw: string) =>
  [...(/^To: ((?:.|\r\n[ \t])*)/im.exec(raw)?.[1] ?? "").matchAll(/[^\s,<>]+@[^\s,<>]+/g)].map(([address]) => address);

mailerContract("spool", async () => {
  const folder = temporaryFolder();
  const directory = join(folder.path, "mail");
  return {
    mailer: localMailer(directory, clock, { TIDEWATCH_MAIL_FROM: FROM }),
    replaces: true,
    async received() {
      const names = (await readdir(directory)).filter((name) => name.endsWith(".eml"));
      const raws = await Promise.all(names.map((name) => readFile(join(directory, name), "utf8")));
      return raws.map((raw) => ({ raw, to: addresses(raw) }));
    },
    close: async () => folder.remove(),
  };
});

mailerContract("SMTP", async () => {
  const server = await startSmtpServer();
  return {
    mailer: localMailer("/nowhere", clock, { TIDEWATCH_MAIL_FROM: FROM, TIDEWATCH_SMTP_URL: server.url }),
    received: async () => server.received,
    close: server.close,
  };
});

type SentEmail = {
  FromEmailAddress: string;
  Destination: { ToAddresses: string[] };
  Content: { Raw: { Data: string } };
};

const startSes = async (refusal?: string) => {
  const calls: { path: string; sent: SentEmail }[] = [];
  const server = await serve(async ({ path, body }) => {
    if (refusal) return jsonFailure(refusal);
    calls.push({ path, sent: JSON.parse(String(body)) as SentEmail });
    return jsonReply({ MessageId: "ses-1" });
  });
  const environment = emulatorEnvironment({ AWS_ENDPOINT_URL_SESV2: server.url, ...ONE_TRY });
  const client = newSesClient(environment);
  const close = async () => {
    client.destroy();
    await server.close();
  };
  return { calls, close, mailer: sesMailer({ client, from: FROM, clock }) };
};

mailerContract("SES, by a server of our own", async () => {
  const { calls, close, mailer } = await startSes();
  const received = async () =>
    calls.map(({ sent }) => ({
      raw: Buffer.from(sent.Content.Raw.Data, "base64").toString("utf8"),
      to: sent.Destination.ToAddresses,
    }));
  return { mailer, received, close };
});

const mail = { id: "a", to: ["ops@example.com"], subject: "s", text: "t", html: "<p>t</p>" };

describe("mail in trouble", () => {
  it("goes over the wire that SES documents", async () => {
    const { calls, close, mailer } = await startSes();
    await mailer.send(mail);
    expect(calls).toMatchObject([{ path: "/v2/email/outbound-emails", sent: { FromEmailAddress: FROM } }]);
    await close();
  });

  it("says what SES says, as what passes", async () => {
    const { close, mailer } = await startSes("MessageRejected");
    await expect(mailer.send(mail)).rejects.toMatchObject({ code: "UNAVAILABLE", message: /MessageRejected/ });
    await close();
  });

  it("says what a mail server answers, without its address", async () => {
    const server = await startSmtpServer((command) => (/^RCPT/i.test(command) ? "550 no such user" : undefined));
    const failure = smtpMailer({ url: server.url, from: FROM, clock }).send(mail);
    await expect(failure).rejects.toMatchObject({ code: "UNAVAILABLE", message: /550 no such user/ });
    await expect(failure).rejects.not.toThrow(server.url);
    await server.close();
    const gone = smtpMailer({ url: server.url, from: FROM, clock }).send(mail);
    await expect(gone).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});
