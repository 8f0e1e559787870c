import { expect, test } from "vitest";
import { canonicalise, canonicalText } from "./canonical.ts";
import { skeletonOf } from "./skeleton.ts";
import { templateOf, templateText } from "./template.ts";

const canonical = (line: string): string => {
  canonicalise(line);
  return canonicalText();
};
const text = (line: string): string => templateText(templateOf(skeletonOf(canonical(line))));

test("numbers become alike, names that end in a digit stay", () => {
  const known: [string, string][] = [
    ["took 12345678 ms", "took 000000 ms"],
    ["id 9f4ef63 0x1a2b", "id 0a0 0a0"],
    ["2015-07-29T17:41:44,747Z", "0000-00-00T00:00:00,000Z"],
    ["Accepted for SOCKS5 on ssh2.", "Accepted for SOCKS5 on ssh2."],
    ["r24=5 jk2_init(3) jk2_x", "r24=0 jk2_init(0) jk0_x"],
    ["a1b2=7 x/1(2) 5up=1", "0a0=0 x/0(0) 0up=0"],
    ["L3.........12 eth0..", "L3.........00 eth0.."],
    ["\u001b[1;31mred\u001b[0m \t\u200Eleft\u0000x", "red left x"],
    ["trailing  \r\n", "trailing"],
    ["\u001bM cut \u001b[3", "M cut "],
    ["half \ud83d", "half \ufffd"],
    ["ａ\u3000ｂ\u2028c\u2066d", "ａ ｂ cd"],
  ];
  for (const [line, expected] of known) expect(canonical(line)).toBe(expected.replace(/ $/, ""));
});

test("values vanish by their form", () => {
  const known: [string, string][] = [
    ["Receiving block blk_-1608 src: /10.250.18.114:43996", "Receiving block <*> src: <*>"],
    ["started at Fri Jun 17 07:07:00 2005 by cron", "started at <*> by cron"],
    ["since 2015-07-29 17:41:44,747 up", "since <*> up"],
    ["get https://x.example/a?b=1 from fe80::1 and 00:1B:44:11:3a:b7", "get <*> from <*> and <*>"],
    ["open www.example.org:443 for node-[1-4, 7]", "open <*> for <*>"],
    ["lifetime <1 sec, 512 bytes (0.5 KB) sent", "lifetime <*> sent"],
    ["done in 00:07 with 512 bytes sent", "done in <*> with <*> bytes sent"],
    ["generating core.2275 on node-17 and CPU#0", "generating core.<*> on node-<*> and CPU#<*>"],
    ["file /etc/passwd C:\\Windows\\x ~/notes a/b/c", "file <*>"],
    ["mail a@b.org class com.example.Thing threw java.io.IOException", "mail <*> class <*> threw java.io.IOException"],
    ["got android.intent.action.TICK act=android.intent.action.TICK", "got <*> act=android.intent.action.TICK"],
    ["key deadbeef of DEADBEEF", "key <*> of <*>"],
    ['"GET /a/b?c=1 HTTP/1.1" 200', '"GET <*>" <*>'],
    ['tag="View Lock" name="a1 b2" empty=""', 'tag="View Lock" name="<*>" empty="<*>"'],
    ["at=10, 20 : 30 up 5ms", "at=<*> up <*>"],
    ["cmp=ComponentInfo{a/b/c}", "cmp=<*>"],
    ["call () done", "call (<*>) done"],
    ["a 1 b 2 a 1 b 2 a 1 b 2 end", "a <*> b <*> end"],
    ["done.", "done."],
    ["", ""],
  ];
  for (const [line, expected] of known) expect(text(line)).toBe(expected);
});

test("a message has at most 257 tokens", () => {
  const { tokens } = skeletonOf(canonical("word, ".repeat(600)));
  expect(tokens).toHaveLength(257);
  expect(tokens.at(-1)).toBe("...");
});
