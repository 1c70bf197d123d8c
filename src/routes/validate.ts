import { z } from 'zod';
import { AppError } from '../errors.js';
import type { Messages } from '../locales/index.js';
import type { Body, Fields } from './request.js';

type Issue = z.core.$ZodRawIssue;
type Expectation = 'host' | 'url' | 'passwordOrOauth' | 'dayOrMoment';

/** What is wrong with one value, in the reader's language. */
function expectation(issue: Issue, t: Messages['expectations']): string {
  if (issue.input === undefined && issue.code !== 'custom') return t.required;
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'boolean' ? t.boolean : t.invalid;
    case 'invalid_value':
      return t.oneOf(issue.values.map(String));
    case 'invalid_format':
      if (issue.format === 'email') return t.email;
      return issue.format === 'uuid' || issue.format === 'guid' ? t.uuid : t.invalid;
    case 'too_small':
      return issue.origin === 'string' ? t.notEmpty : t.invalid;
    case 'too_big':
      return issue.origin === 'string' ? t.tooLong(Number(issue.maximum)) : t.invalid;
    case 'unrecognized_keys':
      return t.unknownField;
    case 'custom': {
      const key = issue.params?.expectation as Expectation | undefined;
      return key ? t[key] : t.invalid;
    }
    default:
      return t.invalid;
  }
}

/** Names what a refinement expects; `validate` says it in the reader's language. */
export const expects = (key: Expectation) => ({ params: { expectation: key } });

/** A whole number, as JSON or as text. */
export const integerParameter = (min: number, max: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value),
    z
      .int({ error: () => `int:${min}:${max}` })
      .min(min, { error: () => `int:${min}:${max}` })
      .max(max, {
        error: () => `int:${min}:${max}`,
      }),
  );

/** @throws {AppError} invalid_parameters, naming every field that is wrong */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  fields: Fields,
  messages: Messages,
): z.output<Schema> {
  const t = messages.expectations;
  const parsed = schema.safeParse(fields, { error: (issue) => expectation(issue, t), reportInput: false });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => {
    const path = issue.path.join('.');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => `${[...issue.path, key].join('.')} : ${t.unknownField}`);
    }
    const range = /^int:(\d+):(\d+)$/.exec(issue.message);
    const reason = range ? t.integerBetween(Number(range[1]), Number(range[2])) : issue.message;
    return [path ? messages.errors.parameterInvalid(path, reason) : reason];
  });
  throw new AppError('invalid_parameters', (m) => m.errors.invalid([...new Set(problems)].slice(0, 20)));
}

/** @throws {AppError} when the body could not be read, or is not what the schema wants */
export function validateBody<Schema extends z.ZodType>(schema: Schema, body: Body, messages: Messages) {
  if ('error' in body) throw body.error;
  return validate(schema, body.fields, messages);
}
