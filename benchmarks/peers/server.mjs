// better-auth's phone-number plugin behind Node's HTTP server, its storage on the Valkey that XACTHUC_STATE_URL names.
//
//   POST /api/auth/phone-number/send-otp   its own endpoint, rate limit on and counted in the store
//   POST /check                            its `consumePhoneNumberOTP`, which checks and uses up a code and does nothing
//                                          else: the equal of CheckCode. It has no endpoint of its own, so no rate limit
//                                          and no routing of the library burden it here.
//   POST /captured                         the codes that were "sent", for the driver
import { createServer } from "node:http";
import { redisStorage } from "@better-auth/redis-storage";
import { betterAuth } from "better-auth";
import { toNodeHandler } from "better-auth/node";
import { phoneNumber } from "better-auth/plugins";
import { Redis } from "ioredis";

const [port] = process.argv.slice(2);
const origin = `http://127.0.0.1:${port}`;
const sent = new Map();

// The benchmark asks from one address; ours counts each person's, so neither may run into its limit.
const unreached = { window: 60, max: 1_000_000_000 };

const auth = betterAuth({
  baseURL: origin,
  secret: process.env.BETTER_AUTH_SECRET,
  secondaryStorage: redisStorage({ client: new Redis(new URL(process.env.XACTHUC_STATE_URL).pathname) }),
  rateLimit: { enabled: true, storage: "secondary-storage", customRules: { "/phone-number/send-otp": unreached } },
  logger: { level: "error" },
  telemetry: { enabled: false },
  plugins: [
    phoneNumber({
      allowedAttempts: 5,
      sendOTP: ({ phoneNumber: number, code }) => {
        sent.set(number, code);
      },
    }),
  ],
});

const library = toNodeHandler(auth);

createServer(async (request, response) => {
  if (request.url.startsWith("/api/auth/")) {
    await library(request, response);
    return;
  }
  const body = await read(request);
  if (request.url === "/captured") {
    answer(response, 200, body.map((number) => sent.get(number) ?? ""));
    return;
  }
  try {
    answer(response, 200, await auth.api.consumePhoneNumberOTP({ body }));
  } catch (error) {
    answer(response, error.statusCode ?? 500, error.body ?? {});
  }
}).listen(Number(port), "127.0.0.1");

async function read(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString("utf8"));
}

function answer(response, status, body) {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}
