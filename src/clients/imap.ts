import { ImapFlow, type ImapFlowError } from 'imapflow';
import type { TlsMode } from '../db/schema/inbox.js';
import { AppError, type Text } from '../errors.js';
import { createScrubber, type Secret } from '../secret.js';

export type ImapSession = ImapFlow;

export interface ImapAccount {
  host: string;
  port: number;
  tls: TlsMode;
  username: string;
  /** A password, or an OAuth 2 access token for XOAUTH2. */
  secret: { kind: 'password' | 'oauth2'; value: Secret };
}

export interface Imap {
  /** How many mailboxes are worked on side by side. */
  concurrency: number;
  /** How long a session may go on once the run should end. */
  overtimeMs: number;
  /**
   * Opens a session; `signal` closes it.
   * @throws {AppError} saying whether host, port, TLS mode, certificate or credentials are wrong
   */
  connect(account: ImapAccount, signal: AbortSignal): Promise<ImapSession>;
}

interface ImapTimeouts {
  connectMs: number;
  loginMs: number;
  /** Silence after which a session counts as dead. */
  idleMs: number;
  overtimeMs: number;
}

const TIMEOUTS: ImapTimeouts = { connectMs: 10_000, loginMs: 20_000, idleMs: 45_000, overtimeMs: 20_000 };

/** One response may be large, but not the gigabytes that the library allows. */
const LARGEST_RESPONSE_BYTES = 64 * 1024 * 1024;

export function createImap(options: { concurrency: number; timeouts?: Partial<ImapTimeouts> }): Imap {
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  return {
    concurrency: options.concurrency,
    overtimeMs: timeouts.overtimeMs,
    connect: (account, signal) => connect(account, signal, timeouts),
  };
}

async function connect(
  account: ImapAccount,
  signal: AbortSignal,
  timeouts: ImapTimeouts,
): Promise<ImapSession> {
  signal.throwIfAborted();
  const { kind, value } = account.secret;
  const session = new ImapFlow({
    host: account.host,
    port: account.port,
    secure: account.tls === 'implicit',
    ...(account.tls !== 'implicit' && { doSTARTTLS: account.tls === 'starttls' }),
    auth: {
      user: account.username,
      ...(kind === 'password' ? { pass: value.reveal() } : { accessToken: value.reveal() }),
    },
    clientInfo: { name: 'Cronhook' },
    logger: false,
    disableAutoIdle: true,
    qresync: true,
    connectionTimeout: timeouts.connectMs,
    greetingTimeout: timeouts.connectMs,
    socketTimeout: timeouts.idleMs,
    maxLiteralSize: LARGEST_RESPONSE_BYTES,
    maxLineLength: LARGEST_RESPONSE_BYTES,
    maxResponseSize: LARGEST_RESPONSE_BYTES + 1024,
  });
  // Errors also reach the command they break; without a listener they would end the process.
  session.on('error', () => {});
  const close = () => session.close();
  signal.addEventListener('abort', close, { once: true });
  session.once('close', () => signal.removeEventListener('abort', close));
  let tooLate = false;
  const deadline = setTimeout(() => {
    tooLate = true;
    close();
  }, timeouts.connectMs + timeouts.loginMs);
  try {
    await session.connect();
    return session;
  } catch (error) {
    close();
    signal.throwIfAborted();
    if (tooLate) throw timedOut(account, error);
    throw imapError(error, account);
  } finally {
    clearTimeout(deadline);
  }
}

const timedOut = ({ host, port }: ImapAccount, cause: unknown): AppError =>
  new AppError('unprocessable', (t) => t.imap.timeout(host, port), { cause });

const CERTIFICATE_CODES =
  /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH/;

/** What went wrong with a session, in words that say what to change. */
export function imapError(error: unknown, account: ImapAccount): AppError {
  if (error instanceof AppError) return error;
  const { host, port, username } = account;
  const failure = error as ImapFlowError & { oauthError?: unknown; reason?: unknown };
  const code = String(failure.code ?? '');
  const because = (text: Text, permanent = false) =>
    new AppError('unprocessable', text, { cause: error, permanent });

  if (['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'ENODATA'].includes(code))
    return because((t) => t.imap.hostNotFound(host));
  if (['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'].includes(code))
    return because((t) => t.imap.refused(host, port));
  if (/TIMEOUT|TIMEDOUT/.test(code)) return timedOut(account, error);
  if (CERTIFICATE_CODES.test(code)) return because((t) => t.imap.certificate(host, code));
  if (/WRONG_VERSION|ERR_SSL|EPROTO/.test(code)) return because((t) => t.imap.wrongTlsMode(host, port));
  if (failure.serverResponseCode === 'PRIVACYREQUIRED') return because((t) => t.imap.tlsRequired(host));
  if (failure.authenticationFailed) return refusedLogin(failure, account);
  if (failure.name === 'Error' && /STARTTLS/i.test(failure.message))
    return because((t) => t.imap.startTlsMissing(host, port));
  if (
    ['ParserError', 'InvalidResponse', 'UnexpectedTag'].some((start) => code.startsWith(start)) &&
    !failure.command
  ) {
    return because((t) => t.imap.notImap(host, port));
  }
  if (
    [
      'ECONNRESET',
      'EPIPE',
      'NoConnection',
      'EConnectionClosed',
      'ClosedAfterConnectText',
      'ClosedAfterConnectTLS',
      'StateLogout',
    ].includes(code)
  ) {
    return because((t) => t.imap.closed(host, port));
  }
  const detail = serverWords(failure, account);
  if (detail) return because((t) => t.imap.server(detail));
  return because((t) => (username ? t.imap.unexpected : t.imap.notImap(host, port)));
}

/** A refused login is permanent, but for what the server itself calls passing. */
function refusedLogin(failure: ImapFlowError, account: ImapAccount): AppError {
  const { username, secret } = account;
  if (['UNAVAILABLE', 'INUSE', 'LIMIT', 'SERVERBUG'].includes(failure.serverResponseCode ?? '')) {
    return new AppError('unprocessable', (t) => t.imap.server(serverWords(failure, account)), {
      cause: failure,
    });
  }
  const text: Text = (t) =>
    secret.kind === 'password' ? t.imap.credentials(username) : t.imap.credentialsOauth(username);
  return new AppError('unprocessable', text, { cause: failure, permanent: true });
}

/** The server's own words; some servers repeat the password in them. */
function serverWords(failure: ImapFlowError, account: ImapAccount): string {
  const words = failure.responseText ?? (typeof failure.response === 'string' ? failure.response : '');
  return createScrubber([account.secret.value.reveal()])(words).slice(0, 200);
}
