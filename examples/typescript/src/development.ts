// What `make run` leaves in its data directory, and nothing of which exists in production.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

type Endpoints = { otp: string; identity: string; inbox: string };
type Platform = { secret: string };
type Message = { challenge: string; code: string };

const PATIENCE_MS = 10_000;

export class Development {
  private constructor(
    readonly otp: string,
    readonly identity: string,
    readonly key: string,
    private readonly inbox: string,
  ) {}

  /** Reads the running stack's addresses and the development platform's key. */
  static async open(data: string): Promise<Development> {
    const { otp, identity, inbox } = await json<Endpoints>(join(data, "up.json"));
    const { secret } = await json<Platform>(join(data, "demo.json"));
    return new Development(otp, identity, secret, inbox);
  }

  /** Returns the code that was "sent" for a challenge, once its message is in the inbox. */
  async codeOf(challenge: string): Promise<string> {
    for (const giveUp = Date.now() + PATIENCE_MS; Date.now() < giveUp; await sleep(50)) {
      const lines = (await readFile(this.inbox, "utf8")).trim().split("\n");
      const messages = lines.filter(Boolean).map((line) => JSON.parse(line) as Message);
      const sent = messages.find((message) => challenge === `challenges/${message.challenge}`);
      if (sent) return sent.code;
    }
    throw new Error(`no message for ${challenge} within ${PATIENCE_MS / 1000} s`);
  }
}

async function json<T>(path: string): Promise<T> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new Error(`cannot read ${path}: is Xacthuc running (make run)?`, { cause });
  });
  return JSON.parse(text) as T;
}
