// An OpenID provider over npm `oidc-provider`, told by a test what to do. Speaks JSON, a line each way, on its control
// port: "set", "rotate", "report", "reset". See oidc_provider.py. People sign in and agree by being sent there.
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import http from 'node:http';
import net from 'node:net';

import { CompactSign, UnsecuredJWT, decodeJwt, decodeProtectedHeader, importJWK } from 'jose';
import Provider from 'oidc-provider';
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js';

const REDIRECT_URI = 'https://forum.example/eid/vneid';
const ALGORITHMS = ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'];
const ORDINARY = {
  person: { identity: { number: '001199000001' }, name: 'Trần Thị Bích', birthdate: '1999-01-31' },
  account: 'person-1', // who signs in
  acr: '2',
  deny: false, // whether people refuse
  claimsIn: 'token', // or userinfo
  tamper: {}, // claims and header, where null leaves out; sign (own, stranger, none, hmac); raw
  userinfo: {}, // put over what it tells
  metadata: {}, // put over what it says of itself
  jwks: null, // said in place of its keys
  faults: {}, // by path: see `fail`
};
const settings = structuredClone(ORDINARY);
const requests = [];
const adapter = createMemoryAdapter(0); // of all our providers: one with other keys goes on with the others' codes
let keys;
let provider;
let issuer;

function makeKeys() {
  const jwk = (kind, options) => {
    const { privateKey } = generateKeyPairSync(kind, options);
    const members = privateKey.export({ format: 'jwk' });
    const kid = createHash('sha256').update(members.x || members.n).digest('base64url').slice(0, 12);
    return { ...members, kid, use: 'sig' };
  };
  return [jwk('rsa', { modulusLength: 2048 }), jwk('ec', { namedCurve: 'P-256' }), jwk('ed25519', {})];
}

const ours = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const stranger = makeKeys();

function clients() {
  const common = {
    redirect_uris: [REDIRECT_URI], grant_types: ['authorization_code'], response_types: ['code'], subject_type: 'pairwise',
  };
  const secret = { client_secret: 'a secret: of+ours/%', ...common };
  return [
    ...ALGORITHMS.map((alg) => ({ client_id: `forum-${alg}`, id_token_signed_response_alg: alg, ...secret })),
    { client_id: 'forum:post', token_endpoint_auth_method: 'client_secret_post', ...secret },
    {
      client_id: 'forum-key',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ ...createPublicKey(ours).export({ format: 'jwk' }), kid: 'ours', use: 'sig' }] },
      ...common,
    },
    { // a command line, which waits for the browser on any port of its machine (RFC 8252)
      ...secret,
      client_id: 'staff',
      application_type: 'native',
      subject_type: 'public',
      redirect_uris: ['http://127.0.0.1/xacthuc'],
    },
    { client_id: 'forum-signed', userinfo_signed_response_alg: 'ES256', ...secret },
  ];
}

function build() {
  provider = new Provider(issuer, {
    adapter,
    clients: clients(),
    jwks: { keys },
    acrValues: ['1', '2'],
    claims: { acr: null, auth_time: null, openid: ['sub'], identity: ['identity', 'name', 'birthdate'], staff: ['name', 'email', 'email_verified', 'groups'] },
    conformIdTokenClaims: settings.claimsIn === 'userinfo',
    subjectTypes: ['public', 'pairwise'],
    pairwiseIdentifier: (_ctx, account, client) => createHash('sha256').update(client.sectorIdentifier + account).digest('hex'),
    pkce: { required: () => true },
    enabledJWA: { idTokenSigningAlgValues: ALGORITHMS, userinfoSigningAlgValues: ['ES256'] },
    features: { devInteractions: { enabled: false }, jwtUserinfo: { enabled: true } },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    cookies: { keys: ['of a test'] },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...settings.person }) }),
    ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 600, Session: 600, Grant: 600 },
  });
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.path === '/token' && ctx.body && ctx.body.id_token) ctx.body.id_token = await tampered(ctx.body.id_token);
    if (ctx.path === '/me' && ctx.body && typeof ctx.body === 'object') Object.assign(ctx.body, settings.userinfo);
  });
}

async function tampered(token) {
  const { claims, header, sign = 'own', raw } = settings.tamper;
  if (raw) return raw;
  if (!claims && !header && sign === 'own') return token;
  const put = (over, under) => Object.fromEntries(Object.entries({ ...under, ...over }).filter(([, value]) => value !== null));
  const says = put(claims, decodeJwt(token));
  const heads = put(header, decodeProtectedHeader(token));
  if (sign === 'none') return new UnsecuredJWT(says).encode();
  const payload = Buffer.from(JSON.stringify(says));
  const fits = (jwk) => (heads.alg.startsWith('ES') ? jwk.kty === 'EC' : heads.alg.startsWith('Ed') ? jwk.kty === 'OKP' : jwk.kty === 'RSA');
  if (sign === 'hmac') {
    // The oldest confusion: a published key, which is no secret, taken for one.
    const published = createPublicKey({ key: keys[0], format: 'jwk' }).export({ format: 'pem', type: 'spki' });
    return new CompactSign(payload).setProtectedHeader({ ...heads, alg: 'HS256' }).sign(Buffer.from(published));
  }
  const { use, ...jwk } = (sign === 'stranger' ? stranger : keys).find(fits);
  return new CompactSign(payload).setProtectedHeader(heads).sign(await importJWK(jwk, heads.alg));
}

async function interact(request, response) {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  if (settings.deny) return provider.interactionFinished(request, response, { error: 'access_denied' });
  if (prompt.name === 'login') {
    return provider.interactionFinished(request, response, { login: { accountId: settings.account, acr: settings.acr } });
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}

const FAULTS = {
  hang: () => {},
  close: (response) => response.socket.destroy(),
  half: (response) => { response.writeHead(200, { 'content-length': 400 }); response.write('{"id_to', () => response.socket.destroy()); },
  garbage: (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('<html>\xff'),
  list: (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('[]'),
  oversized: (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(' '.repeat(1e6)),
  redirect: (response) => response.writeHead(307, { location: `${issuer}/elsewhere` }).end(),
  error: (response) => response.writeHead(500).end('{}'),
  throttle: (response) => response.writeHead(429, { 'retry-after': '7' }).end('{}'),
  cookie: (response) => { response.setHeader('set-cookie', 'who=person-1; Path=/'); return true; },
  drip: (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  },
};

const server = http.createServer((request, response) => {
  const path = request.url.split('?')[0];
  requests.push({ path, cookie: request.headers.cookie || '', authorization: (request.headers.authorization || '').split(' ')[0] });
  const fault = settings.faults[path];
  if (fault && !FAULTS[fault](response)) return;
  const say = (document) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
  if (path === '/jwks' && settings.jwks) return say(settings.jwks);
  if (path.startsWith('/interaction/')) return interact(request, response).catch((error) => response.destroy(error));
  if (path === '/.well-known/openid-configuration' && Object.keys(settings.metadata).length) {
    const end = response.end.bind(response);
    response.end = (body) => {
      const said = JSON.stringify({ ...JSON.parse(body), ...settings.metadata });
      response.setHeader('content-length', Buffer.byteLength(said));
      return end(said);
    };
  }
  provider.callback()(request, response);
});

const COMMANDS = {
  set: ({ to }) => { Object.assign(settings, to); build(); },
  rotate: ({ published = true }) => {
    const old = keys.map((key) => createPublicKey({ key, format: 'jwk' }).export({ format: 'jwk' }))
      .map((key, index) => ({ ...key, kid: keys[index].kid, use: 'sig' }));
    keys = makeKeys();
    settings.jwks = published ? null : { keys: old };
    build();
  },
  report: () => ({ requests, keys: keys.map(({ kid, kty }) => ({ kid, kty })) }),
  reset: () => { Object.assign(settings, structuredClone(ORDINARY)); requests.length = 0; build(); },
};

const control = net.createServer((socket) => {
  let buffered = '';
  socket.on('data', (data) => {
    buffered += data;
    const lines = buffered.split('\n');
    buffered = lines.pop();
    for (const line of lines) {
      const command = JSON.parse(line);
      socket.write(JSON.stringify(COMMANDS[command.do](command) || {}) + '\n');
    }
  });
  socket.on('error', () => {});
});

server.listen(0, '127.0.0.1', () => control.listen(0, '127.0.0.1', () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  keys = makeKeys();
  build();
  const key = ours.export({ format: 'pem', type: 'pkcs8' });
  process.stdout.write(JSON.stringify({ issuer, control: control.address().port, key }) + '\n');
}));
process.stdin.on('end', () => process.exit()).resume(); // nobody is left to serve
