import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AWS } from "./aws-account.ts";

/**
 * The two services that the SST command itself calls: SSM (where is the state kept, what encrypts it) and S3 (the state).
 * In memory, over HTTP on loopback. An operation that it does not know is refused, so that none goes unnoticed.
 */
export const startAwsStub = async (): Promise<{ url: string; refused: string[]; close(): Promise<void> }> => {
  const parameters = new Map([["/sst/bootstrap", JSON.stringify(BOOTSTRAP)]]);
  const objects = new Map<string, Buffer>();
  const refused: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const operation = request.headers["x-amz-target"];
    const known =
      typeof operation === "string"
        ? answerSsm(parameters, operation.split(".").pop() ?? "", JSON.parse(body.toString() || "{}"), response)
        : answerS3(objects, request, body, response);
    if (!known) refused.push(`${request.method} ${operation ?? request.url}`);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    refused,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
};

/** What `sst` notes in an account at its first deploy; 5 is the version that SST 4 writes. */
const BOOTSTRAP = {
  version: 5,
  asset: "sst-asset-offline",
  state: "sst-state-offline",
  assetEcrRegistryId: AWS.account,
  assetEcrUrl: `${AWS.account}.dkr.ecr.${AWS.region}.amazonaws.com/sst-asset`,
  appsyncHttp: "",
  appsyncRealtime: "",
};

type SsmInput = { Name: string; Value: string };
const answerSsm = (
  parameters: Map<string, string>,
  operation: string,
  { Name, Value }: SsmInput,
  response: ServerResponse,
): boolean => {
  const answer = (status: number, body: unknown) => {
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(body));
    return true;
  };
  if (operation === "GetParameter") {
    const value = parameters.get(Name);
    if (value === undefined) return answer(400, { __type: "ParameterNotFound", message: `no parameter ${Name}` });
    return answer(200, { Parameter: { Name, Type: "String", Value: value, Version: 1 } });
  }
  if (operation === "PutParameter") parameters.set(Name, Value);
  if (operation === "DeleteParameter") parameters.delete(Name);
  if (operation === "PutParameter" || operation === "DeleteParameter") return answer(200, { Version: 1 });
  answer(400, { __type: "UnknownOperationException", message: operation });
  return false;
};

const XML = { "content-type": "application/xml" };
const answerS3 = (
  objects: Map<string, Buffer>,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): boolean => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://stub");
  const key = objectKey(request.headers.host ?? "", pathname);
  const { method } = request;
  if (method === "PUT") {
    objects.set(key, isChunked(request) ? withoutChunks(body) : body);
    response.writeHead(200, { etag: '"offline"' }).end();
    return true;
  }
  if (method === "DELETE") {
    objects.delete(key);
    response.writeHead(204).end();
    return true;
  }
  if (method === "GET" && searchParams.has("list-type")) {
    response.writeHead(200, XML).end(EMPTY_LIST);
    return true;
  }
  const found = objects.get(key);
  if (!found) {
    response.writeHead(404, XML).end("<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>");
    return method === "GET" || method === "HEAD";
  }
  response.writeHead(200, { "content-length": found.length }).end(method === "HEAD" ? undefined : found);
  return true;
};

const EMPTY_LIST = "<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>";

/** `/bucket/key`, whether the bucket stands in the path or in the host name. */
const objectKey = (host: string, path: string): string => {
  const bucket = /^(sst-(?:state|asset)[^.]*)\./.exec(host)?.[1];
  return `${bucket ? `/${bucket}` : ""}${decodeURIComponent(path)}`;
};

const isChunked = ({ headers }: IncomingMessage): boolean =>
  /STREAMING|aws-chunked/.test(`${headers["x-amz-content-sha256"]} ${headers["content-encoding"]}`);

/** `aws-chunked`: hexadecimal length, `;signature`, CRLF, the bytes, CRLF; a length of 0 ends the body. */
const withoutChunks = (body: Buffer): Buffer => {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = body.indexOf("\r\n", at);
    const length = lineEnd < 0 ? 0 : Number.parseInt(body.toString("latin1", at, lineEnd), 16);
    if (!(length > 0)) return Buffer.concat(parts);
    parts.push(body.subarray(lineEnd + 2, lineEnd + 2 + length));
    at = lineEnd + 2 + length + 2;
  }
};

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};
