import type { Clock, Mailer } from "@tidewatch/core/store/ports";
import { smtpMailer } from "@tidewatch/functions/mail/smtp-mailer";
import { mailSpool, SPOOL_FROM } from "./mail-spool.ts";

type Environment = Record<string, string | undefined>;

/** Through the server that `TIDEWATCH_SMTP_URL` names, else into the spool. `TIDEWATCH_MAIL_FROM` says who writes. */
export const localMailer = (directory: string, clock: Clock, environment: Environment = process.env): Mailer => {
  const from = environment.TIDEWATCH_MAIL_FROM || SPOOL_FROM;
  const url = environment.TIDEWATCH_SMTP_URL;
  return url ? smtpMailer({ url, from, clock }) : mailSpool({ directory, from, clock });
};
