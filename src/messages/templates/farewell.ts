import { type ComposedMail, composeMail, type Look, paragraph, plainName } from '../layout.js';

/** The last word to somebody whose account is gone. */
export function farewellMail({ name }: { name: string }, look: Look): ComposedMail {
  const { mails } = look.messages;
  const { subject, heading, body } = mails.farewell;
  return composeMail(
    { subject, heading, blocks: [mails.greeting(plainName(name)), ...body].map(paragraph) },
    look,
  );
}
