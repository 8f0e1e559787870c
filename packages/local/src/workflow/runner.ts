/** Names all runners of a folder, of which one is at work: what it leaves when it is ended, the next takes up at once. */
export const LOCAL_RUNNER = "this machine";
