interface Bounced {
  messageId: string;
  recipient: string;
  /** As the report writes it. */
  action?: string;
  status?: string;
}

const multipart = (boundary: string, parts: string[]) =>
  [...parts.map((part) => `--${boundary}\n${part}`), `--${boundary}--\n`].join('\n');

const mail = (headers: string[], body: string) => Buffer.from(`${headers.join('\n')}\n\n${body}`);

const original = ({ messageId, recipient }: Bounced) =>
  `From: Atelier Moreau <facturation@atelier-moreau.example>
To: ${recipient}
Subject: Facture F-1
Date: Fri, 20 Nov 2026 10:00:00 +0100
Auto-Submitted: auto-generated
Message-ID: ${messageId}
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
`;

/** Reports as mail systems write them, after samples of each. */
export const BOUNCES: Record<string, (bounced: Bounced) => Buffer> = {
  Postfix: (bounced) =>
    mail(
      [
        'Return-Path: <>',
        'Date: Fri, 20 Nov 2026 10:00:02 +0100 (CET)',
        'From: MAILER-DAEMON@mx.atelier-moreau.example (Mail Delivery System)',
        'Subject: Undelivered Mail Returned to Sender',
        'To: facturation@atelier-moreau.example',
        'Auto-Submitted: auto-replied',
        'MIME-Version: 1.0',
        'Content-Type: multipart/report; report-type=delivery-status;\n\tboundary="4C1F2A03.1605862802/mx.atelier-moreau.example"',
        'Message-Id: <20261120090002.5D0B1A04@mx.atelier-moreau.example>',
      ],
      multipart('4C1F2A03.1605862802/mx.atelier-moreau.example', [
        `Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.atelier-moreau.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<${bounced.recipient}>: host mx.client.example[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command)
`,
        `Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.atelier-moreau.example
X-Postfix-Queue-ID: 4C1F2A03
X-Postfix-Sender: rfc822; facturation@atelier-moreau.example
Arrival-Date: Fri, 20 Nov 2026 10:00:01 +0100 (CET)

Final-Recipient: rfc822; ${bounced.recipient}
Original-Recipient: rfc822;${bounced.recipient}
Action: ${bounced.action ?? 'failed'}
Status: ${bounced.status ?? '5.1.1'}
Remote-MTA: dns; mx.client.example
Diagnostic-Code: smtp; 550 5.1.1 <${bounced.recipient}>: Recipient address
    rejected: User unknown in virtual mailbox table
`,
        `Content-Description: Undelivered Message
Content-Type: message/rfc822

${original(bounced)}
Bonjour, votre facture est en retard.
`,
      ]),
    ),

  'Office 365': (bounced) =>
    mail(
      [
        'From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@client.onmicrosoft.com>',
        'To: <facturation@atelier-moreau.example>',
        'Date: Fri, 20 Nov 2026 09:00:04 +0000',
        'Content-Type: multipart/report; report-type=delivery-status;\n\tboundary="d0ac8bb6-4d7f-4d2f"',
        'X-MS-Exchange-Message-Is-Ndr:',
        'Content-Language: fr-FR',
        'Message-ID: <5f2f9d5e-bd0c-4e1c-a4c5@PR0P264MB0001.FRAP264.PROD.OUTLOOK.COM>',
        `In-Reply-To: ${bounced.messageId}`,
        `References: ${bounced.messageId}`,
        'Subject: =?utf-8?B?Tm9uIHJlbWlzwqA6IEZhY3R1cmUgRi0x?=',
        'Auto-Submitted: auto-replied',
        'MIME-Version: 1.0',
      ],
      multipart('d0ac8bb6-4d7f-4d2f', [
        `Content-Type: multipart/alternative; differences=Content-Type;
	boundary="6b8d0a4a-alt"

${multipart('6b8d0a4a-alt', ['Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: base64\n\nVm90cmUgbWVzc2FnZSBuJ2EgcGFzIMOpdMOpIHJlbWlzLg==\n', 'Content-Type: text/html; charset="utf-8"\nContent-Transfer-Encoding: quoted-printable\n\n<p>Votre message n=E2=80=99a pas =C3=A9t=C3=A9 remis.</p>\n'])}`,
        `Content-Type: message/delivery-status

Reporting-MTA: dns;PR0P264MB0001.FRAP264.PROD.OUTLOOK.COM
Received-From-MTA: dns;mx.atelier-moreau.example
Arrival-Date: Fri, 20 Nov 2026 09:00:03 +0000

Final-Recipient: rfc822;${bounced.recipient}
Action: ${bounced.action ?? 'failed'}
Status: ${bounced.status ?? '5.1.10'}
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ${bounced.recipient} not found by SMTP address lookup
`,
        `Content-Type: message/rfc822

Received: from PR0P264CA0001.FRAP264.PROD.OUTLOOK.COM (2603:10a6::1)
 by PR0P264MB0001.FRAP264.PROD.OUTLOOK.COM with HTTPS; Fri, 20 Nov 2026 09:00:03 +0000
${original(bounced)}
`,
      ]),
    ),

  Gmail: (bounced) =>
    mail(
      [
        'Return-Path: <>',
        'From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>',
        'To: facturation@atelier-moreau.example',
        'Auto-Submitted: auto-replied',
        'Subject: Delivery Status Notification (Failure)',
        `References: ${bounced.messageId}`,
        `In-Reply-To: ${bounced.messageId}`,
        'X-Failed-Recipients: somebody',
        'Message-ID: <655b1c2d.050a0220.1a2b3.c4d5.GMR@mx.google.com>',
        'Date: Fri, 20 Nov 2026 01:00:05 -0800 (PST)',
        'MIME-Version: 1.0',
        'Content-Type: multipart/report; boundary="00000000000012ab34060a8f"; report-type=delivery-status',
      ],
      multipart('00000000000012ab34060a8f', [
        `Content-Type: multipart/related; boundary="00000000000013ab"

${multipart('00000000000013ab', ['Content-Type: multipart/alternative; boundary="0014"\n\n--0014\nContent-Type: text/plain; charset="UTF-8"\n\n** Address not found **\n--0014\nContent-Type: text/html; charset="UTF-8"\n\n<h2>Address not found</h2>\n--0014--\n'])}`,
        `Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: Fri, 20 Nov 2026 01:00:04 -0800 (PST)
X-Original-Message-ID: ${bounced.messageId}

Final-Recipient: rfc822; ${bounced.recipient}
Action: ${bounced.action ?? 'failed'}
Status: ${bounced.status ?? '5.1.1'}
Remote-MTA: dns; gmail-smtp-in.l.google.com. (2a00:1450:400c::1a, the
 server for the domain gmail.com.)
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try
 550-5.1.1 double-checking the recipient's email address for typos or
 550 5.1.1 unnecessary spaces. - gsmtp
Last-Attempt-Date: Fri, 20 Nov 2026 01:00:05 -0800 (PST)
`,
        `Content-Type: message/rfc822

${original(bounced)}
Bonjour
`,
      ]),
    ),

  Exim: (bounced) =>
    mail(
      [
        'Return-path: <>',
        'X-Failed-Recipients: somebody',
        'Auto-Submitted: auto-replied',
        'From: Mail Delivery System <Mailer-Daemon@ssl0.hebergeur.example>',
        'To: facturation@atelier-moreau.example',
        'Content-Type: multipart/report; report-type=delivery-status; boundary=1605862805-eximdsn-804289383',
        'MIME-Version: 1.0',
        'Subject: Mail delivery failed: returning message to sender',
        'Message-Id: <E1kg2Xa-0001Ab-CD@ssl0.hebergeur.example>',
        'Date: Fri, 20 Nov 2026 10:00:05 +0100',
      ],
      multipart('1605862805-eximdsn-804289383', [
        `Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.
  ${bounced.recipient}
    all relevant MX records point to non-existent hosts
`,
        `Content-type: message/delivery-status

Reporting-MTA: dns; ssl0.hebergeur.example

Action: ${bounced.action ?? 'failed'}
Final-Recipient: rfc822;${bounced.recipient}
Status: ${bounced.status ?? '5.0.0'}
`,
        `Content-type: text/rfc822-headers

Return-path: <facturation@atelier-moreau.example>
${original(bounced)}`,
      ]),
    ),
};

/** A report around any status part, for what real ones seldom hold. */
export function report(
  given: { messageId?: string; headers?: string[]; status: string; statusHeaders?: string[] },
  id = '<rapport@mx.example>',
): Buffer {
  const about =
    given.messageId === undefined
      ? []
      : [`Content-Type: text/rfc822-headers\n\nMessage-ID: ${given.messageId}\n`];
  return mail(
    [
      'From: MAILER-DAEMON@mx.example',
      'To: facturation@atelier-moreau.example',
      'Subject: Rapport',
      'MIME-Version: 1.0',
      `Message-ID: ${id}`,
      'Content-Type: multipart/report; report-type=delivery-status; boundary=b1',
      ...(given.headers ?? []),
    ],
    multipart('b1', [
      'Content-Type: text/plain\n\nVoir ci-joint.\n',
      `${['Content-Type: message/delivery-status', ...(given.statusHeaders ?? [])].join('\n')}\n\nReporting-MTA: dns; mx.example\n\n${given.status}`,
      ...about,
    ]),
  );
}
