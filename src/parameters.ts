import { z } from 'zod';

const BOOLEANS = new Map<unknown, boolean>([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** `true` or `false`, as JSON or as text. */
export const booleanParameter = () => z.preprocess((value) => BOOLEANS.get(value) ?? value, z.boolean());
