import { AppError } from "@tidewatch/core/errors";
import type { Clock, Mailer } from "@tidewatch/core/store/ports";
import { createTransport } from "nodemailer";
import { composeMail } from "./compose.ts";

/** A server that says nothing for so long is away. */
const TIMEOUT_MS = 15_000;

/** Mail through a server of one's own, such as `smtps://user:password@mail.example.com`. */
export const smtpMailer = (options: { url: string; from: string; clock: Clock }): Mailer => {
  const { url, from, clock } = options;
  const timeouts = { connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS };
  const transport = createTransport({ url, ...timeouts });
  return {
    async send(mail) {
      const raw = Buffer.from(await composeMail(mail, from, clock()));
      try {
        await transport.sendMail({ envelope: { from, to: [...mail.to] }, raw });
      } catch (error) {
        // Without the address of the server: it may hold a password.
        const reason = error instanceof Error ? error.message : String(error);
        throw new AppError("UNAVAILABLE", `the mail server did not take the message: ${reason}`, { cause: error });
      }
    },
  };
};
