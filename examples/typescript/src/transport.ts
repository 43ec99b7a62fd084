// How a platform reaches a service: gRPC, with the platform's key in each call's metadata.
import type { Interceptor, Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";

/** Returns a connection for `createClient`. Across machines, put TLS in front and say `https`. */
export function transport(address: string, key: string): Transport {
  const authorize: Interceptor = (next) => (request) => {
    request.header.set("authorization", `Bearer ${key}`);
    request.header.set("accept-language", "en"); // of the sentences for the person; Vietnamese unless asked
    return next(request);
  };
  return createGrpcTransport({ baseUrl: `http://${address}`, interceptors: [authorize], defaultTimeoutMs: 2_000 });
}
