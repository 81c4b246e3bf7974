// Why sockets of the client disconnect: each reason with its number, a sentence for people, and whether the client comes back by itself.
// An entry of its own (`@everwire/client/reasons`), so that pages which do not ask pay nothing for the sentences.
export { CLIENT_DISCONNECT_REASONS, findReason } from "@everwire/protocol";
export type { ClientDisconnectReason, Reason } from "@everwire/protocol";
