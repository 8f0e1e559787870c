import { handle } from "hono/aws-lambda";
import { createApi } from "./api/create-api.ts";
import type { ApiPorts } from "./api/ports.ts";

/** The API behind API Gateway, a function URL or a load balancer: the very app that serves a port elsewhere. */
export const apiHandler = (ports: ApiPorts) => handle(createApi(ports));
