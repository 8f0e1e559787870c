import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

/** Cryptographically secure random bytes: the platform's, never a seeded generator. */
export type SecureRandom = (length: number) => Uint8Array;

/** `id` is public: it names the key in lists and logs. `secret` is shown once and stored nowhere. */
export type Token = { id: string; secret: string };

const ID_BYTES = 6;
/** 256 bits: nobody guesses it, however many tries and whatever hardware. */
const SECRET_BYTES = 32;
const SALT_BYTES = 16;
/** No `_`, which separates the parts, and no `-`: a double click selects the whole token. */
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** Digits that 256 bits take at base 62: ⌈256 / log₂ 62⌉. */
const SECRET_DIGITS = 43;
const TOKEN = /^tw_([0-9a-f]{12})_([0-9A-Za-z]{43})$/;

export const newToken = (random: SecureRandom): Token => ({
  id: bytesToHex(random(ID_BYTES)),
  secret: base62(random(SECRET_BYTES)),
});

/** The form that people and programs carry: `tw_<id>_<secret>`. Its prefix lets scanners of leaked secrets find it. */
export const tokenText = ({ id, secret }: Token): string => `tw_${id}_${secret}`;

/** `undefined` when the text is no token. */
export const parseToken = (text: string): Token | undefined => {
  const [, id, secret] = TOKEN.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
};

export type SecretHash = { salt: string; hash: string };

/**
 * Salted SHA-256. Slow hashes (scrypt, Argon2) protect secrets that people choose, by making each guess dear; among 2²⁵⁶
 * equally likely ones there is nothing to guess, and each request would pay. The salt keeps equal hashes from showing up.
 */
export const hashSecret = (secret: string, random: SecureRandom): SecretHash => {
  const salt = random(SALT_BYTES);
  return { salt: bytesToHex(salt), hash: bytesToHex(digest(salt, secret)) };
};

/** Takes the same time whether the first or the last byte differs, so that timing tells nothing of the hash. */
export const isSecretOf = ({ salt, hash }: SecretHash, secret: string): boolean => {
  const [known, given] = [hexToBytes(hash), digest(hexToBytes(salt), secret)];
  let difference = known.length ^ given.length;
  for (let at = 0; at < given.length; at++) difference |= (known[at] ?? 0) ^ given[at]!;
  return difference === 0;
};

const digest = (salt: Uint8Array, secret: string): Uint8Array => sha256(concatBytes(salt, utf8ToBytes(secret)));

const base62 = (bytes: Uint8Array): string => {
  let rest = BigInt(`0x${bytesToHex(bytes)}`);
  let text = "";
  for (let digit = 0; digit < SECRET_DIGITS; digit++) {
    text = ALPHABET[Number(rest % 62n)] + text;
    rest /= 62n;
  }
  return text;
};
