import { useSyncExternalStore } from "react";

/** In this tab only, and gone with it: a key that lay in local storage would outlive whoever typed it. */
const STORAGE_NAME = "tidewatch.api-key";

const readStored = (): string | undefined => {
  try {
    return sessionStorage.getItem(STORAGE_NAME) ?? undefined;
  } catch {
    return undefined; // storage is switched off: the key then lives as long as the page
  }
};

const store = (key: string | undefined): void => {
  try {
    if (key === undefined) sessionStorage.removeItem(STORAGE_NAME);
    else sessionStorage.setItem(STORAGE_NAME, key);
  } catch {
    // see readStored
  }
};

let current = readStored();
const listeners = new Set<() => void>();

const set = (key: string | undefined): void => {
  current = key;
  store(key);
  for (const listener of listeners) listener();
};

/** The header that a request needs; none without a key. */
export const keyHeader = (key = current): Record<string, string> =>
  key === undefined ? {} : { authorization: `Bearer ${key}` };

export const rememberKey = (key: string): void => set(key);
export const forgetKey = (): void => set(undefined);

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useApiKey = (): string | undefined => useSyncExternalStore(subscribe, () => current);
