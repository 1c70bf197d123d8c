import { Hono } from 'hono';
import { html, raw } from 'hono/html';
import { type Address, decodeWords } from 'postal-mime';
import type { AppEnvironment } from '../routes/environment.js';
import { STYLE } from './mail-page-style.js';
import type { DevMail, DevMailbox } from './mail-server.js';

interface PageOptions {
  /** None when mails go elsewhere; `notice` says where. */
  mailbox?: DevMailbox | undefined;
  notice?: string | undefined;
  timeZone: string;
}

type Html = ReturnType<typeof html>;

// Inherited by the mail in its frame, which may have inline styles and images but neither scripts nor other hosts.
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

const PREVIEW_CHARACTERS = 140;
const REFRESH_SECONDS = 5;

/** What the development mailbox has received, for people (`/dev/mail`) and for curl (`/dev/mail.json`). */
export function mailPageRoutes({ mailbox, notice, timeZone }: PageOptions): Hono<AppEnvironment> {
  const dates = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium', timeZone });
  const mails = () => mailbox?.mails() ?? [];
  const routes = new Hono<AppEnvironment>();
  routes.use('/dev/*', async (c, next) => {
    c.header('Content-Security-Policy', POLICY);
    c.header('Referrer-Policy', 'no-referrer');
    await next();
  });
  return routes
    .get('/dev/mail', (c) => c.html(listPage(mails(), dates, notice)))
    .get('/dev/mail.json', (c) => c.json({ ...(notice && { notice }), mails: mails().map(jsonMail) }))
    .get('/dev/mail/:id{[0-9]+}', (c) => {
      const mail = mailbox?.find(Number(c.req.param('id')));
      return mail ? c.html(mailPage(mail, dates)) : c.notFound();
    });
}

function listPage(mails: DevMail[], dates: Intl.DateTimeFormat, notice: string | undefined): Html {
  const empty = html`<p class="empty">No mail yet. This page looks again every ${REFRESH_SECONDS} seconds.</p>`;
  return page(
    mails.length > 0 ? `Mailbox (${mails.length})` : 'Mailbox',
    html`<header><h1>Mailbox</h1>
<p>${notice ? '' : 'What this service sends in development. Nothing leaves this machine.'}</p></header>
${notice ? html`<p class="notice">${notice}</p>` : mails.length === 0 ? empty : ''}
<ol>${mails.map((mail) => listItem(mail, dates))}</ol>`,
    html`<meta http-equiv="refresh" content="${REFRESH_SECONDS}">`,
  );
}

function listItem({ id, to, receivedAt, email }: DevMail, dates: Intl.DateTimeFormat): Html {
  const preview = (email.text ?? '').replace(/\s+/g, ' ').trim().slice(0, PREVIEW_CHARACTERS).toWellFormed();
  return html`<li><a href="/dev/mail/${id}">
<span class="meta"><span>${to.join(', ')}</span>${time(receivedAt, dates)}</span>
<strong>${subjectOf(email.subject)}</strong>
<span class="preview">${preview}</span>
</a></li>`;
}

function mailPage({ from, to, receivedAt, email }: DevMail, dates: Intl.DateTimeFormat): Html {
  const facts: [string, string | undefined][] = [
    ['From', email.from && addressText(email.from)],
    ['To', email.to?.map(addressText).join(', ')],
    ['Cc', email.cc?.map(addressText).join(', ')],
    ['Reply-To', email.replyTo?.map(addressText).join(', ')],
    ['Envelope', `${from || '<>'} → ${to.join(', ')}`],
    ['Message-ID', email.messageId],
  ];
  const files = email.attachments.map(({ filename, mimeType }) => `${filename ?? 'unnamed'} (${mimeType})`);
  return page(
    subjectOf(email.subject),
    html`<nav><a href="/dev/mail">← Mailbox</a></nav>
<header><h1>${subjectOf(email.subject)}</h1><p>${time(receivedAt, dates)}</p></header>
<dl>${facts.map(([name, value]) => (value ? html`<dt>${name}</dt><dd>${value}</dd>` : ''))}</dl>
${files.length > 0 ? html`<p class="files">Attachments: ${files.join(', ')}</p>` : ''}
${email.html === undefined ? '' : html`<section><h2>HTML</h2>${frame(email.html)}</section>`}
${email.text === undefined ? '' : html`<section><h2>Text</h2><pre>${email.text}</pre></section>`}
<details><summary>All headers</summary>
<pre>${email.headers.map(({ originalKey, value }) => `${originalKey}: ${decodeWords(value)}`).join('\n')}</pre></details>`,
  );
}

/** A frame of no origin, without scripts; links open in a tab of their own, so that they can be tried. */
function frame(mailHtml: string): Html {
  const document = `<meta http-equiv="Content-Security-Policy" content="${MAIL_POLICY}"><base target="_blank">${mailHtml}`;
  return html`<iframe title="The mail as HTML" sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="${document}"></iframe>`;
}

function page(title: string, body: Html, head: Html | string = ''): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${head}
<title>${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body><main>${body}</main></body>
</html>
`;
}

const time = (at: Date, dates: Intl.DateTimeFormat): Html =>
  html`<time datetime="${at.toISOString()}">${dates.format(at)}</time>`;

const subjectOf = (subject: string | undefined): string => subject || '(no subject)';

function addressText({ name, address, group }: Address): string {
  if (group) return `${name}: ${group.map(addressText).join(', ')}`;
  return name ? `${name} <${address}>` : (address ?? '');
}

function jsonMail({ id, receivedAt, from, to, email }: DevMail) {
  const { subject, messageId, text, headers } = email;
  return {
    id,
    receivedAt,
    from,
    to,
    subject,
    messageId,
    headers: Object.fromEntries(headers.map(({ key, value }) => [key, decodeWords(value)])),
    text,
    html: email.html,
  };
}
