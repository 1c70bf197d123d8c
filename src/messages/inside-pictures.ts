import type { MailAttachment } from '../clients/mail.js';

/** The HTML of a mail with its pictures in it: a page that stands alone. */
export function withPicturesInside(html: string, attachments: readonly MailAttachment[]): string {
  const byCid = new Map(attachments.map((attachment) => [attachment.cid, attachment]));
  return html.replace(/ src="cid:([a-z0-9-]+)"/g, (source, cid: string) => {
    const picture = byCid.get(cid);
    return picture ? ` src="data:${picture.contentType};base64,${picture.content}"` : source;
  });
}
