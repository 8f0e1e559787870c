import { type SESv2Client, SendEmailCommand } from "@aws-sdk/client-sesv2";
import type { Clock, Mailer } from "@tidewatch/core/store/ports";
import { explained } from "../aws/failure.ts";
import { composeMail } from "./compose.ts";

/**
 * Mail through SES as a raw message (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html). SES puts a
 * Message-ID of its own in the place of ours: `X-Tidewatch-Report` tells a repeat there.
 */
export const sesMailer = (options: { client: SESv2Client; from: string; clock: Clock }): Mailer => {
  const { client, from, clock } = options;
  return {
    async send(mail) {
      const data = await composeMail(mail, from, clock());
      const command = new SendEmailCommand({
        FromEmailAddress: from,
        Destination: { ToAddresses: [...mail.to] },
        Content: { Raw: { Data: data } },
      });
      await explained("SES", () => client.send(command));
    },
  };
};
