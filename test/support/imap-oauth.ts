import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

interface Answer {
  status: number;
  body: string;
  afterMs?: number;
}

type Handler = (form: URLSearchParams) => Answer;

export const json = (status: number, value: unknown): Answer => ({ status, body: JSON.stringify(value) });

/** As Google answers: an access token for an hour, and no new refresh token. */
export const google =
  (accessToken: string): Handler =>
  () =>
    json(200, {
      access_token: accessToken,
      expires_in: 3599,
      scope: 'https://mail.google.com/',
      token_type: 'Bearer',
    });

/** As Microsoft answers: each time another refresh token, and the one before is refused. */
export function microsoft(accessTokens: () => string, firstRefreshToken: string) {
  let current = firstRefreshToken;
  let round = 0;
  const handler: Handler = (form) => {
    if (form.get('refresh_token') !== current) return expired;
    round += 1;
    current = `${firstRefreshToken}-rotated-${round}`;
    return json(200, {
      token_type: 'Bearer',
      scope: 'https://outlook.office.com/IMAP.AccessAsUser.All',
      expires_in: 4_000,
      ext_expires_in: 4_000,
      access_token: accessTokens(),
      refresh_token: current,
    });
  };
  return { handler, current: () => current };
}

const expired = json(400, {
  error: 'invalid_grant',
  error_description:
    'AADSTS700082: The refresh token has expired due to inactivity.\r\nTrace ID: 0000\r\nCorrelation ID: 1111',
  error_codes: [700082],
});

/** A provider's token endpoint on this machine. */
export async function startTokenServer(handler: Handler) {
  const requests: URLSearchParams[] = [];
  const provider = { tokenUrl: '', requests, handler };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const form = new URLSearchParams(body);
    requests.push(form);
    const answer = provider.handler(form);
    if (answer.afterMs) await sleep(answer.afterMs);
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  provider.tokenUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  return provider;
}
