import fc from "fast-check";
import { expect, test } from "vitest";
import { hashSecret, isSecretOf, newToken, parseToken, type SecureRandom, tokenText } from "./token.ts";

const random: SecureRandom = (length) => crypto.getRandomValues(new Uint8Array(length));
/** Gives the same bytes each time, so that a test can state the token. */
const constant =
  (byte: number): SecureRandom =>
  (length) =>
    new Uint8Array(length).fill(byte);

test("a token carries all 256 bits of its secret: base 62, 43 digits", () => {
  expect(tokenText(newToken(constant(0)))).toBe(`tw_000000000000_${"0".repeat(43)}`);
  // 2^256 − 1 at base 62, from Python's divmod.
  expect(tokenText(newToken(constant(255)))).toBe("tw_ffffffffffff_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1");
});

test("any token can be read back, and no two are alike", () => {
  const tokens = Array.from({ length: 200 }, () => newToken(random));
  for (const token of tokens) expect(parseToken(tokenText(token))).toEqual(token);
  expect(new Set(tokens.map(({ secret }) => secret)).size).toBe(tokens.length);
});

test.each([
  "",
  "tw_",
  "tw_0123456789ab_short",
  `tw_0123456789AB_${"a".repeat(43)}`,
  ` tw_0123456789ab_${"a".repeat(43)}`,
])("%j is no token", (text) => expect(parseToken(text)).toBeUndefined());

test("only the secret itself matches its hash, and the same secret never has the same hash", () => {
  const secret = fc.string({ minLength: 1, maxLength: 43 });
  fc.assert(
    fc.property(secret, secret, (right, other) => {
      const hash = hashSecret(right, random);
      expect(isSecretOf(hash, right)).toBe(true);
      expect(isSecretOf(hash, other)).toBe(other === right);
      expect(hashSecret(right, random).hash).not.toBe(hash.hash);
    }),
  );
});

test("the hash is SHA-256 of salt and secret", () => {
  // printf '\x01…(16 times)abc' | sha256sum
  const { salt, hash } = hashSecret("abc", constant(1));
  expect(salt).toBe("01".repeat(16));
  expect(hash).toBe("9d9e349f421bcb4deffcd11890f31c3c3aba6b793795046f6b56e208417b96a4");
});

test("a hash that was cut short matches nothing", () => {
  const { salt, hash } = hashSecret("abc", random);
  expect(isSecretOf({ salt, hash: hash.slice(0, 62) }, "abc")).toBe(false);
  expect(isSecretOf({ salt, hash: "" }, "abc")).toBe(false);
});
