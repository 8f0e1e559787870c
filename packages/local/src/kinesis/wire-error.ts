/** Error names of the Kinesis API (version 2013-12-02), with the HTTP status each is answered with. */
const STATUS = {
  ValidationException: 400,
  InvalidArgumentException: 400,
  ResourceNotFoundException: 400,
  ExpiredIteratorException: 400,
  ExpiredNextTokenException: 400,
  ProvisionedThroughputExceededException: 400,
  SerializationException: 400,
  UnknownOperationException: 400,
  AccessDeniedException: 403,
  RequestEntityTooLarge: 413,
  InternalFailure: 500,
} as const;

export type WireErrorName = keyof typeof STATUS;
/** An answer that a client knows by its name; anything else that is thrown becomes `InternalFailure`. */
export type WireError = Error & { readonly wireName: WireErrorName; readonly status: number };

export const wireError = (wireName: WireErrorName, message: string): WireError =>
  Object.assign(new Error(message), { wireName, status: STATUS[wireName] });

export const isWireError = (error: unknown): error is WireError => error instanceof Error && "wireName" in error;

/** Told of every failure that is ours and not the client's, for the log of whoever runs the endpoint. */
export type OnFault = (error: unknown) => void;
