import type { ModelAdmin, Where } from "./model-admin.ts";

export const withAdmin = async (where: Where, work: (admin: ModelAdmin) => Promise<void>): Promise<void> => {
  // Here, so that no other command waits until what a server is made of is loaded.
  const { modelAdmin } = await import("./model-admin.ts");
  const admin = await modelAdmin(where);
  try {
    await work(admin);
  } finally {
    admin.close();
  }
};
