// selfSigned(): a certificate for localhost, 127.0.0.1 and ::1, made in the run that uses it, so that no key lies in the
// repository and no `openssl` is needed. Signed with ECDSA P-256 and SHA-256; RFC 5280 names the fields.
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { bits, bool, explicit, implicit, integer, octets, oid, sequence, set, utcTime, utf8 } from "./der.js";

export interface Certificate {
  /** PEM, PKCS #8. */
  readonly key: string;
  /** PEM. It is its own authority: give it to a client as `ca`. */
  readonly cert: string;
}

const ECDSA_WITH_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));
const COMMON_NAME = oid("2.5.4.3");
const BASIC_CONSTRAINTS = oid("2.5.29.19");
const SUBJECT_ALT_NAME = oid("2.5.29.17");
const DAY_MS = 86_400_000;

let cached: Certificate | undefined;

/** The certificate of this process: made on the first call. Valid from yesterday for a week. */
export function selfSigned(): Certificate {
  cached ??= makeSelfSigned(new Date());
  return cached;
}

export function makeSelfSigned(now: Date): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = sequence(set(sequence(COMMON_NAME, utf8("localhost"))));
  const altNames = sequence(
    implicit(2, Buffer.from("localhost", "ascii")),
    implicit(7, Buffer.from([127, 0, 0, 1])),
    implicit(7, Buffer.from("00000000000000000000000000000001", "hex")),
  );
  const serial = randomBytes(16);
  serial[0] = (serial[0] ?? 0) | 0x01;
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_WITH_SHA256,
    name,
    sequence(utcTime(new Date(now.getTime() - DAY_MS)), utcTime(new Date(now.getTime() + 6 * DAY_MS))),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    explicit(
      3,
      sequence(
        sequence(BASIC_CONSTRAINTS, bool(true), octets(sequence(bool(true)))),
        sequence(SUBJECT_ALT_NAME, octets(altNames)),
      ),
    ),
  );
  const signature = sign("sha256", body, privateKey);
  const certificate = sequence(body, ECDSA_WITH_SHA256, bits(signature));
  return { key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(), cert: pem(certificate) };
}

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
