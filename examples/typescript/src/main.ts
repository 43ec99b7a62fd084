// Verifies an account with a Vietnamese mobile number and asks whether it may post.
//
//   npm start [NUMBER [DATA]]     DATA is where `make run` keeps its files: ../../var unless told otherwise
import { randomUUID } from "node:crypto";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { Development } from "./development.js";
import { fault } from "./fault.js";
import { Account_State, Action, type Decision, Decision_Reason } from "./gen/xacthuc/api/identity/v1/resources_pb.js";
import { IdentityService } from "./gen/xacthuc/api/identity/v1/service_pb.js";
import { Challenge_Purpose } from "./gen/xacthuc/api/otp/v1/resources_pb.js";
import { CheckCodeResponse_Verdict, OtpService } from "./gen/xacthuc/api/otp/v1/service_pb.js";
import { transport } from "./transport.js";

const [phoneNumber = "0992 000 000", data = "../../var"] = process.argv.slice(2);

async function main(): Promise<void> {
  const development = await Development.open(data);
  const otp = createClient(OtpService, transport(development.otp, development.key));
  const identity = createClient(IdentityService, transport(development.identity, development.key));

  // Every write carries an id of its own. Sent again with the same one it gets the same answer, and nothing happens twice.
  const account = await identity.registerAccount({
    accountId: `ts-${randomUUID().slice(0, 8)}`, // your own id of the account, nothing personal
    fullName: "Nguyễn Thị Minh Anh",
    birthDate: { year: 1995, month: 9, day: 2 },
    consent: { textVersion: "2026-11", acceptTime: timestampNow(), affirmed: true },
    requestId: randomUUID(),
  });
  console.log("before:", told(await identity.checkAction({ name: account.name, action: Action.POST })));

  const challenge = await otp.startChallenge({
    phoneNumber,
    purpose: Challenge_Purpose.ACCOUNT_VERIFICATION,
    subject: account.name,
    client: { deviceId: "phone-1" },
    requestId: randomUUID(),
  });
  const code = await development.codeOf(challenge.name); // the person would read it from the phone and type it
  const checked = await otp.checkCode({ name: challenge.name, code, requestId: randomUUID() });
  console.log("code:", CheckCodeResponse_Verdict[checked.verdict]);

  const verified = await identity.verifyPhone({
    name: account.name,
    proofToken: checked.proofToken,
    requestId: randomUUID(),
  });
  console.log("account:", Account_State[verified.state], verified.maskedPhoneNumber);
  console.log("after:", told(await identity.checkAction({ name: account.name, action: Action.POST })));
}

/** A "no" is an answer, not an error: it says why, by which article, and what the person should do next. */
function told(decision: Decision): string {
  const reason = Decision_Reason[decision.reason];
  return decision.allowed
    ? `may post, ${reason} by ${decision.legalBasis}`
    : `may not post, ${reason}: ${decision.nextStep?.textEn}`;
}

try {
  await main();
} catch (error) {
  const { code, reason, fields, retryAfterSeconds, sentence } = fault(error);
  console.error(`${code} ${reason}`);
  for (const field of fields) console.error(`  ${field.field}: ${field.description} (${field.reason})`);
  if (retryAfterSeconds !== undefined) console.error(`  again in ${retryAfterSeconds} s`);
  if (sentence) console.error(`  to the person: ${sentence}`);
  process.exitCode = 1;
}
