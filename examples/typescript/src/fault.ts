// What a failed call says, read out of the details of its google.rpc.Status (docs/errors.md).
import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  type BadRequest_FieldViolation,
  BadRequestSchema,
  ErrorInfoSchema,
  LocalizedMessageSchema,
  RetryInfoSchema,
} from "./gen/google/rpc/error_details_pb.js";

export interface Fault {
  code: string;
  /** Decide by this one, never by a message. Empty when gRPC or a proxy on the way made the error. */
  reason: string;
  /** Every faulty field: its path, what it must be, and a reason of its own. */
  fields: BadRequest_FieldViolation[];
  /** Absent where waiting does not help. */
  retryAfterSeconds?: number;
  /** To be shown to the person. */
  sentence?: string;
}

/** Returns what a call that was made by `createClient` failed with; throws anything else again. */
export function fault(error: unknown): Fault {
  if (!(error instanceof ConnectError)) throw error;
  const [info] = error.findDetails(ErrorInfoSchema);
  const [bad] = error.findDetails(BadRequestSchema);
  const [retry] = error.findDetails(RetryInfoSchema);
  const [localized] = error.findDetails(LocalizedMessageSchema);
  return {
    code: Code[error.code],
    reason: info?.reason ?? "",
    fields: bad?.fieldViolations ?? [],
    ...(retry?.retryDelay && { retryAfterSeconds: Math.ceil(durationMs(retry.retryDelay) / 1000) }),
    ...(localized && { sentence: localized.message }),
  };
}
