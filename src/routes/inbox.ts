import { isIP } from 'node:net';
import { Hono } from 'hono';
import { validate as isUuid } from 'uuid';
import { z } from 'zod';
import { TLS_MODES } from '../db/schema/inbox.js';
import { AppError } from '../errors.js';
import {
  addIntegration,
  listIntegrations,
  type NewCredentials,
  type NewIntegration,
  removeIntegration,
  renewCredentials,
} from '../tasks/inbox/integrations.js';
import type { AppDependencies, AppEnvironment } from './environment.js';
import { requireSecret } from './request.js';
import { expects, integerParameter, validateBody } from './validate.js';

const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => !/\p{Cc}/u.test(value) && value.isWellFormed());

const HOST_NAME =
  /^(?=.{1,253}$)[\p{L}\p{N}]([\p{L}\p{N}_-]{0,62})?(\.[\p{L}\p{N}]([\p{L}\p{N}_-]{0,62})?)*\.?$/u;
const host = text(253).refine((value) => isIP(value) !== 0 || HOST_NAME.test(value), expects('host'));

const isPrivate = (hostname: string): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(hostname);

/** Client secrets travel there: https, but for this very machine. */
const tokenUrl = text(2000).refine((value) => {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isPrivate(url.hostname));
}, expects('url'));

const credentials = {
  password: text(4096).optional(),
  oauth: z
    .strictObject({ tokenUrl, clientId: text(500), clientSecret: text(2000), refreshToken: text(8192) })
    .optional(),
};

const oneCredential = (given: { password?: unknown; oauth?: unknown }): boolean =>
  (given.password === undefined) !== (given.oauth === undefined);

export const integrationBody = z
  .strictObject({
    companyId: z.uuid().nullish(),
    email: z.email().max(320),
    host,
    port: integerParameter(1, 65_535).default(993),
    tls: z.enum(TLS_MODES).optional(),
    username: text(320).optional(),
    ...credentials,
  })
  .refine(oneCredential, expects('passwordOrOauth'));

export const credentialsBody = z.strictObject(credentials).refine(oneCredential, expects('passwordOrOauth'));

/** Mailboxes: added once their login works, listed without secrets, removed with their mails. */
export function inboxRoutes(deps: AppDependencies): Hono<AppEnvironment> {
  const tools = () => {
    const { vault, imap } = deps.services;
    if (!vault) throw new AppError('not_configured', (t) => t.errors.notConfigured(['ENCRYPTION_KEY']));
    return { db: deps.db, imap, vault, now: deps.now() };
  };
  return new Hono<AppEnvironment>()
    .post('/inbox/integrations', async (c) => {
      const body = await requireSecret(c, deps);
      const given = validateBody(integrationBody, body, deps.messages);
      const {
        companyId,
        email,
        port,
        tls = port === 143 ? 'starttls' : 'implicit',
        username = email,
      } = given;
      const integration = { ...given, companyId: companyId ?? undefined, tls, username } as NewIntegration;
      const id = await addIntegration(integration, tools());
      c.header('Location', `/inbox/integrations/${id}`);
      return c.json(
        { id, email, host: given.host, port, tls, username, authType: given.oauth ? 'oauth2' : 'password' },
        201,
      );
    })
    .get('/inbox/integrations', async (c) => {
      await requireSecret(c, deps);
      return c.json({ integrations: await listIntegrations(deps.db) });
    })
    .post('/inbox/integrations/:id/credentials', async (c) => {
      const body = await requireSecret(c, deps);
      const id = integrationId(c.req.param('id'));
      const given = validateBody(credentialsBody, body, deps.messages) as NewCredentials;
      await renewCredentials(id, given, tools());
      return c.body(null, 204);
    })
    .delete('/inbox/integrations/:id', async (c) => {
      await requireSecret(c, deps);
      await removeIntegration(deps.db, integrationId(c.req.param('id')));
      return c.body(null, 204);
    });
}

function integrationId(value: string): string {
  if (isUuid(value)) return value;
  throw new AppError('not_found', (t) => t.errors.integrationNotFound(value));
}
