import { AppError } from "@tidewatch/core/errors";
import type { Mail } from "@tidewatch/core/store/ports";
import MailComposer from "nodemailer/lib/mail-composer";

/** RFC 5322, 3.6.4: the right side names who makes ids; of a domain that nobody else may use. */
const ID_DOMAIN = "reports.tidewatch.invalid";

/**
 * A message as it goes over the wire: text and HTML, CRLF, and a Message-ID that follows from the mail's id, so that programs
 * show a message that was sent twice once.
 * @param from as in `Tidewatch <tidewatch@example.com>`
 */
export const composeMail = async (mail: Mail, from: string, nowMs: number): Promise<Uint8Array> => {
  const { id, to, subject, text, html } = mail;
  if (to.length === 0) throw new AppError("VALIDATION", `mail ${id} has nobody to go to`);
  const composer = new MailComposer({
    ...{ from, to: [...to], subject, text, html, date: new Date(nowMs), newline: "win" },
    messageId: messageIdOf(id),
    headers: { "Auto-Submitted": "auto-generated", "X-Tidewatch-Report": id },
    // Nothing in a report names a file or an address to be read.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return await composer.compile().build();
};

const messageIdOf = (id: string): string => `<${id}@${ID_DOMAIN}>`;
