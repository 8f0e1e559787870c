/**
 * How long a sandbox goes by what it has read: detectors cost a read unit for each 4 KB of them, an alias a small read per
 * detector (two where it has a canary). A promotion takes effect within half a minute, the batch under way included.
 */
export const MEMORY_AGES = { detectorsMaxAgeMs: 15_000, modelsMaxAgeMs: 20_000 };
