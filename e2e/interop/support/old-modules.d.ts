// The old clients have no types of their own (1, 2) or others than the port needs (3).
declare module "socket.io-client-1";
declare module "socket.io-client-2";
declare module "socket.io-client-3";
