import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../../src/config.js';
import { tasks } from '../../../../src/tasks/index.js';
import { tempPathWarnings } from '../../../../src/warnings.js';
import { temporaryFolder } from '../../../support/folder.js';

describe('TEMP_PATHS in config check', () => {
  it('names the folders that will be refused, and no other', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'fine'));
    const paths = ['/', process.cwd(), 'tmp', join(folder, 'nowhere'), join(folder, 'fine')];
    const config = loadConfig({ NODE_ENV: 'test', TEMP_PATHS: paths.join(',') });
    const warnings = await tempPathWarnings(config, tasks);
    expect(warnings).toEqual([
      expect.stringMatching(/^\/: TEMP_PATHS: the root of the file system is never cleaned/),
      expect.stringMatching(/: TEMP_PATHS: the folder of the service/),
      expect.stringMatching(/^tmp: TEMP_PATHS: expected an absolute path/),
      expect.stringMatching(/nowhere: This folder of TEMP_PATHS does not exist/),
    ]);
    expect(await tempPathWarnings(config, [])).toEqual([]);
  });
});
