import { Buffer } from "node:buffer";
import type http2 from "node:http2";
import type { TLSSocket } from "node:tls";
import type { CertifiedCaller } from "./fault_forward.ts";

/** A request as the proxy's server hands it over, also one of HTTP/1.1. */
export type Request = http2.Http2ServerRequest;

/** The connection on which a request came, of whichever version of HTTP. */
export function socketOf(request: Request): TLSSocket {
  return (request.stream?.session?.socket ?? request.socket) as TLSSocket;
}

/** Who sent a request. Only a certificate that the lab's authority signed counts; groups are its organizations. */
export function callerOf(request: Request): CertifiedCaller | undefined {
  const socket = socketOf(request);
  if (!socket.authorized) return undefined;
  const subject = socket.getPeerCertificate().subject as { CN: string; O?: string | string[] };
  return { user: subject.CN, groups: [subject.O ?? []].flat() };
}

/** The whole body of a request or an answer. */
export async function readAll(message: AsyncIterable<unknown>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}
