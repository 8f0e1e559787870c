/**
 * Most bytes of the items of one answer. Lambda hands API Gateway 6 MB (6,291,556 bytes) and no more; what stands around the
 * items, headers included, has the rest.
 */
const MAX_ANSWER_BYTES = 6_000_000;

/**
 * How many of the first items an answer has room for; one at least, so that a list goes on. On Lambda an answer is text
 * within JSON, where a quotation mark takes two bytes: it is measured like that everywhere, so that pages are the same.
 */
export const countThatFit = (items: readonly unknown[], mostBytes = MAX_ANSWER_BYTES): number => {
  let bytes = 0;
  for (const [index, item] of items.entries()) {
    bytes += Buffer.byteLength(JSON.stringify(JSON.stringify(item)));
    if (bytes > mostBytes && index > 0) return index;
  }
  return items.length;
};
