import { figure } from "./figure.ts";
import type { Price, PriceTable } from "./prices.ts";
import { HOURS_PER_MONTH } from "./workload.ts";

export type ClusterLine = { item: string; how: string; quantity: number; price: Price; usd: number };

const NODES = 3;
/** What EKS gives a managed node unless it is told otherwise. */
const DISK_GB = 20;

/**
 * What a small Kubernetes cluster takes before it does anything: no load balancer, one NAT gateway instead of three, and
 * nobody who keeps it up to date.
 */
export const clusterLines = (prices: PriceTable): ClusterLine[] => {
  const lineOf = (item: string, how: string, quantity: number, price: Price): ClusterLine => ({
    ...{ item, how, quantity, price },
    usd: (quantity / price.per) * price.usd,
  });
  const hours = figure(HOURS_PER_MONTH);
  return [
    lineOf("EKS control plane", `${hours} hours`, HOURS_PER_MONTH, prices.eksControlPlane),
    lineOf("nodes, t3.medium", `${NODES} × ${hours} hours`, NODES * HOURS_PER_MONTH, prices.t3Medium),
    lineOf("disks, gp3", `${NODES} × ${DISK_GB} GB`, NODES * DISK_GB, prices.ebs),
    lineOf("NAT gateway", `${hours} hours`, HOURS_PER_MONTH, prices.natGateway),
  ];
};
