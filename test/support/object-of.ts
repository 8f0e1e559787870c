/** 20 KB that follow from the key, so that a reader can tell a whole object from a part of one. */
export const objectOf = (key: string): Buffer => Buffer.alloc(20_000, `${key} `);
