// What npm `jose` thinks of a token, and tokens that it makes: a JSON line in, a JSON line out. See test_jose.py.
import readline from 'node:readline';

import { SignJWT, createLocalJWKSet, importJWK, jwtVerify } from 'jose';

const answer = {
  async verify({ token, jwks, issuer, audience, typ, now }) {
    const { payload } = await jwtVerify(token, createLocalJWKSet(jwks), {
      issuer,
      audience,
      typ,
      algorithms: ['ES256'],
      currentDate: new Date(now * 1000),
      clockTolerance: 2,
      maxTokenAge: 60,
      requiredClaims: ['sub', 'exp', 'policy', 'acts'],
    });
    return { payload };
  },
  async sign({ jwk, header, claims }) {
    const key = await importJWK(jwk, 'ES256');
    return { token: await new SignJWT(claims).setProtectedHeader(header).sign(key) };
  },
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { ask, ...rest } = JSON.parse(line);
  const said = await answer[ask](rest).catch((error) => ({ refused: error.code ?? error.name }));
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
