import type { Mail, Mailer } from "@tidewatch/core/store/ports";
import { describe, expect, it } from "vitest";

export type OpenMailer = () => Promise<{
  mailer: Mailer;
  /** Raw messages that have arrived, with those they were sent to. */
  received: () => Promise<{ to: string[]; raw: string }[]>;
  /** A message that is sent again takes the place of the first. */
  replaces?: true;
  close: () => Promise<void>;
}>;

const mail = (parts: Partial<Mail> = {}): Mail => ({
  ...{ id: "web-day-2026-11-20", to: ["ops@example.com", "me@example.com"], subject: "web: ruhig – 3 Vorfälle" },
  ...{ text: "Plain words: größer.\n", html: `<p style="color:#17212b">Words: gr&ouml;&szlig;er &amp; ▂▅█</p>` },
  ...parts,
});

/** What every mailer does, over a real receiver. */
export const mailerContract = (name: string, open: OpenMailer): void => {
  describe(`mailer: ${name}`, () => {
    it("hands over one message with both forms, its id and everybody it goes to", async () => {
      const { mailer, received, close } = await open();
      await mailer.send(mail());
      const [message, ...others] = await received();
      expect(others).toEqual([]);
      const { to, raw } = message!;
      expect(to.sort()).toEqual(["me@example.com", "ops@example.com"]);
      const [head = ""] = raw.split("\r\n\r\n", 1);
      const header = (field: string) => new RegExp(`^${field}: ((?:.|\r\n[ \t])*)`, "im").exec(head)?.[1];
      expect(header("Message-ID")).toBe("<web-day-2026-11-20@reports.tidewatch.invalid>");
      expect(header("X-Tidewatch-Report")).toBe("web-day-2026-11-20");
      expect(header("Content-Type")).toMatch(/^multipart\/alternative/);
      expect(header("To")).toContain("ops@example.com");
      expect(header("From")).toContain("tidewatch@example.com");
      expect(header("Auto-Submitted")).toBe("auto-generated");
      expect(raw).toMatch(/^content-type: text\/plain/im);
      expect(raw).toMatch(/^content-type: text\/html/im);
      // RFC 5322: lines end with CRLF, and have at most 998 characters.
      expect(raw.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
      expect(Math.max(...raw.split("\r\n").map(({ length }) => length))).toBeLessThanOrEqual(998);
      await close();
    });

    it("sends a message again under the same id", async () => {
      const { mailer, received, replaces, close } = await open();
      await mailer.send(mail());
      await mailer.send(mail());
      const messages = await received();
      expect(messages).toHaveLength(replaces ? 1 : 2);
      for (const { raw } of messages) expect(raw).toContain("Message-ID: <web-day-2026-11-20@");
      await close();
    });

    it("refuses a message to nobody", async () => {
      const { mailer, received, close } = await open();
      await expect(mailer.send(mail({ to: [] }))).rejects.toMatchObject({ code: "VALIDATION" });
      expect(await received()).toEqual([]);
      await close();
    });

    it("lets nothing that a subject holds become a header", async () => {
      const { mailer, received, close } = await open();
      await mailer.send(mail({ subject: "web\r\nBcc: thief@example.com" }));
      const [message] = await received();
      expect(message!.raw).not.toMatch(/^bcc:/im);
      expect(message!.to).not.toContain("thief@example.com");
      await close();
    });
  });
};
