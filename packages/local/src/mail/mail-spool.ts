import type { Clock, Mailer } from "@tidewatch/core/store/ports";
import { composeMail } from "@tidewatch/functions/mail/compose";
import { fileBlobs } from "../blobs/file-blobs.ts";

/** Who writes, where nobody has said it. */
export const SPOOL_FROM = "Tidewatch <tidewatch@localhost>";

/**
 * Mail as files of a folder, `<id>.eml`, which mail programs open: where there is no server to send it. A file is there whole or
 * not at all, and a message that is sent again replaces itself.
 */
export const mailSpool = (options: { directory: string; from?: string; clock: Clock }): Mailer => {
  const { directory, from = SPOOL_FROM, clock } = options;
  const files = fileBlobs(directory);
  return {
    async send(mail) {
      await files.put(`${mail.id}.eml`, await composeMail(mail, from, clock()));
    },
  };
};
