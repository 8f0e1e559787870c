import type { ReactNode } from "react";

type Props = { kind: "loading" | "empty" | "error" | "warm-up"; children: ReactNode };

/** A sentence where data would be. Only errors interrupt a screen reader. */
export const Notice = ({ kind, children }: Props) => (
  <p className={`notice notice-${kind}`} role={kind === "error" ? "alert" : "status"}>
    {children}
  </p>
);
