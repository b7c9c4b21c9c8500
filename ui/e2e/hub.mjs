// A hub of models on this machine: the list of files, and bytes by range, held back for as long as a test wants.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

export class Hub {
  /** Serves the files of a folder as a repository. Bytes of weights after the first `free` wait for `release`. */
  static async serve(repository, folder, free = Infinity) {
    const files = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
    const hub = new Hub(repository, files, free);
    await new Promise((done) => hub.server.listen(0, "127.0.0.1", done));
    return hub;
  }

  constructor(repository, files, free) {
    /** Requests for weights so far. */
    this.nAsked = 0;
    this.held = new Promise((release) => {
      this.release = release;
    });
    this.server = createServer((request, response) => {
      const { pathname } = new URL(request.url, "http://hub");
      if (pathname.startsWith(`/api/models/${repository}/`)) {
        const siblings = [...files].map(([rfilename, bytes]) => {
          const sha256 = createHash("sha256").update(bytes).digest("hex");
          return { rfilename, size: bytes.length, lfs: { size: bytes.length, sha256, pointerSize: 134 } };
        });
        response.setHeader("Content-Type", "application/json");
        response.end(JSON.stringify({ id: repository, sha: COMMIT, siblings, cardData: { license: "apache-2.0" } }));
        return;
      }
      const name = pathname.startsWith(`/${repository}/resolve/`) ? pathname.split("/").at(-1) : null;
      const bytes = files.get(name);
      if (!bytes) {
        response.statusCode = 404;
        response.end();
        return;
      }
      if (name.endsWith(".safetensors")) this.nAsked += 1;
      const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [null, "0", ""];
      const start = Number(from);
      const end = to === "" ? bytes.length : Math.min(Number(to) + 1, bytes.length);
      response.statusCode = request.headers.range ? 206 : 200;
      response.setHeader("ETag", `"${name}"`);
      response.setHeader("Content-Length", end - start);
      if (request.headers.range) response.setHeader("Content-Range", `bytes ${start}-${end - 1}/${bytes.length}`);
      const at = name.endsWith(".safetensors") ? Math.min(Math.max(free, start), end) : end;
      response.write(bytes.subarray(start, at));
      if (at === end) response.end();
      else this.held.then(() => response.end(bytes.subarray(at, end)));
    });
  }

  get endpoint() {
    return `http://127.0.0.1:${this.server.address().port}`;
  }

  close() {
    this.release();
    this.server.closeAllConnections();
    this.server.close();
  }
}
