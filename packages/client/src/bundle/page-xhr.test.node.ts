// XMLHttpRequest over node:http, as much of it as polling uses: what a page of an old engine has, for the tests of bundles without a page.
import { request, type ClientRequest } from "node:http";

export class PageXhr {
  readyState = 0;
  status = 0;
  responseText = "";
  onreadystatechange?: () => void;
  #request: ClientRequest | undefined;

  open(method: string, uri: string): void {
    this.#request = request(uri, { method, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => this.#end(response.statusCode ?? 0, text));
      response.on("error", () => this.#end(0, ""));
    });
    this.#request.on("error", () => this.#end(0, ""));
  }

  setRequestHeader(name: string, value: string): void {
    this.#request?.setHeader(name, value);
  }

  send(body?: string): void {
    this.#request?.end(body);
  }

  abort(): void {
    this.#request?.destroy();
    this.#end(0, "");
  }

  #end(status: number, text: string): void {
    if (this.readyState === 4) return;
    this.readyState = 4;
    this.status = status;
    this.responseText = text;
    this.onreadystatechange?.();
  }
}
