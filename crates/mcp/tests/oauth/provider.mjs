// A real authorization server (oidc-provider) whose person agrees to everything. Prints its issuer when it is ready.
//
//   RESOURCE  address of the MCP server that its tokens are for
//
// GET /test/counts tells how often each grant was used, so that the test can count renewals.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { Provider, errors } from 'oidc-provider';

const resource = process.env.RESOURCE;
if (!resource) throw new Error('RESOURCE names the address of the MCP server');

// Short enough that a test sees several renewals, long enough for a slow machine to use a token once.
const TOKEN_SECONDS = 5;

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = { ...privateKey.export({ format: 'jwk' }), kid: 'test', alg: 'ES256', use: 'sig' };

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    jwks: { keys: [key] },
    cookies: { keys: ['of the test'] },
    scopes: ['offline_access', 'tools', 'write'],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clients: [
      {
        client_id: 'machine',
        client_secret: 'a secret & more: 100%',
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        token_endpoint_auth_method: 'client_secret_basic',
        scope: 'tools',
      },
    ],
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, indicator) => {
          if (indicator !== resource) throw new errors.InvalidTarget();
          return {
            scope: 'tools write',
            audience: resource,
            accessTokenTTL: TOKEN_SECONDS,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'ES256' } },
          };
        },
      },
    },
    issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
    // A refresh token is good once; using one again takes everything away.
    rotateRefreshToken: true,
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  });

  const counts = {};
  provider.on('grant.success', ({ oidc }) => {
    const grant = oidc.params.grant_type;
    counts[grant] = (counts[grant] ?? 0) + 1;
  });

  // Signs in and agrees, as a person would on two pages.
  const agree = async (request, response) => {
    const { prompt, params, grantId } = await provider.interactionDetails(request, response);
    if (prompt.name === 'login') {
      return provider.interactionFinished(request, response, { login: { accountId: 'alice' } });
    }
    const grant =
      (grantId && (await provider.Grant.find(grantId))) ??
      new provider.Grant({ accountId: 'alice', clientId: params.client_id });
    const { missingOIDCScope = [], missingResourceScopes = {} } = prompt.details;
    if (missingOIDCScope.length > 0) grant.addOIDCScope(missingOIDCScope.join(' '));
    for (const [indicator, scopes] of Object.entries(missingResourceScopes)) {
      grant.addResourceScope(indicator, scopes.join(' '));
    }
    const consent = { grantId: await grant.save() };
    return provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
  };

  const rest = provider.callback();
  server.on('request', (request, response) => {
    if (request.url === '/test/counts') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(counts));
    } else if (request.url.startsWith('/interaction/')) {
      agree(request, response).catch((error) => {
        response.statusCode = 500;
        response.end(String(error));
      });
    } else {
      rest(request, response);
    }
  });
  console.log(issuer);
});
