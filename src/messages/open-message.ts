import type { MailAttachment } from '../clients/mail.js';
import type { Vault } from '../clients/vault.js';
import type { QueuedMessage } from '../db/outbox.js';
import type { OpenMessage } from './lanes.js';
import { type Envelope, sealedIn } from './queue.js';

/** @returns undefined for an ephemeral message that does not decrypt */
export function openMessage(message: QueuedMessage, vault: Vault | undefined): OpenMessage | undefined {
  const { id, headers, messageId, recipient, subject, textBody, htmlBody } = message;
  const attachments = attachmentsIn(message);
  if (!message.ephemeral)
    return {
      headers,
      messageId,
      attachments,
      recipient,
      subject: subject ?? '',
      text: textBody,
      html: htmlBody,
    };
  try {
    const plain = vault?.decrypt(textBody, sealedIn(id));
    return plain === undefined
      ? undefined
      : { headers, messageId, attachments, ...(JSON.parse(plain) as Envelope) };
  } catch {
    // Without what could not be read.
    return undefined;
  }
}

/** What is there in another form is left out: no path and no address is ever opened. */
function attachmentsIn({ attachments }: QueuedMessage): MailAttachment[] {
  return attachments.flatMap((given) => {
    const { filename, contentType, content, cid } = given as Partial<MailAttachment>;
    if (typeof filename !== 'string' || typeof content !== 'string') return [];
    const named = typeof cid === 'string' ? { cid } : {};
    return [{ filename, content, contentType: contentType ?? 'application/octet-stream', ...named }];
  });
}
