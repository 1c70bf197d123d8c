import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.js';
import { parseExposition, promtool, promtoolAvailable } from '../support/prometheus.js';
import { startTestService } from '../support/service.js';
import { testTask } from '../support/tasks.js';

const fileOf = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

interface Panel {
  id: number;
  type: string;
  title: string;
  datasource?: { type: string; uid: string };
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; datasource: { uid: string } }[];
}

interface Dashboard {
  id: null;
  uid: string;
  schemaVersion: number;
  templating: { list: { name: string; type: string; definition?: string }[] };
  panels: Panel[];
}

const readDashboard = async () =>
  JSON.parse(await readFile(fileOf('docs/grafana.json'), 'utf8')) as Dashboard;

/** What Grafana puts in the place of its variables. */
const filled = (expression: string): string =>
  expression
    .replaceAll('$__rate_interval', '5m')
    .replaceAll('$__interval', '5m')
    .replaceAll(/\$(job|instance|task)\b/g, '.*');

const expressionsOf = ({ panels }: Dashboard): string[] =>
  panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => filled(expr)));

/** Every name that a service with something of everything exposes. */
async function exposedNames(): Promise<Set<string>> {
  const service = await startTestService({ tasks: [testTask({ run: async () => ({ done: 1 }) })] });
  await service.call('/test/probe');
  await service.db.rows(sql`
    with monitor as (
      insert into cronhook.monitors (name, kind, target) values ('Site', 'http', 'https://example.com') returning id
    )
    insert into cronhook.monitor_checks (monitor_id, at, ok) select id, now(), true from monitor
  `);
  // The delay of the event loop has been measured by the second scrape.
  await service.call('/metrics');
  const metrics = parseExposition(await (await service.call('/metrics')).text());
  return new Set([...metrics.families.values()].flatMap(({ samples }) => samples.map(({ name }) => name)));
}

const namedIn = (text: string): string[] => [
  ...new Set(text.match(/\b(?:cronhook|process|nodejs)_[a-z0-9_]+/g)),
];

describe('the dashboard and the alert rules', () => {
  test('name no metric that the service does not have', async () => {
    const exposed = await exposedNames();
    const dashboard = expressionsOf(await readDashboard()).join('\n');
    const rules = (await readFile(fileOf('docs/prometheus-alerts.yml'), 'utf8')).replaceAll(/^#.*$/gm, '');
    for (const text of [dashboard, rules]) {
      expect(namedIn(text).length).toBeGreaterThan(5);
      expect(namedIn(text).filter((name) => !exposed.has(name))).toEqual([]);
    }
  });

  test('show every metric of the tasks, the messages, the incidents and the monitors', async () => {
    const shown = namedIn(expressionsOf(await readDashboard()).join('\n'));
    const own = [...(await exposedNames())].filter((name) => name.startsWith('cronhook_'));
    const sums = /_(sum|count)$/;
    expect(own.filter((name) => !shown.includes(name) && !sums.test(name))).toEqual([]);
  });
});

describe('the dashboard', () => {
  test('finds its data source and its own variables without a change', async () => {
    const dashboard = await readDashboard();
    expect(dashboard).toMatchObject({ id: null, uid: 'cronhook' });
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(39);
    const { list } = dashboard.templating;
    expect(list[0]).toMatchObject({ name: 'DS_PROMETHEUS', type: 'datasource' });
    const text = JSON.stringify(dashboard);
    const used = [...text.matchAll(/\$\{?([A-Za-z]\w*)/g)].map(([, name]) => name as string);
    const known = list.map(({ name }) => name);
    expect(used.filter((name) => !known.includes(name))).toEqual([]);
    for (const { targets = [] } of dashboard.panels)
      for (const target of targets) expect(target.datasource.uid).toMatch(/^\$\{DS_PROMETHEUS\}$/);
  });

  test('has panels that do not lie on one another', async () => {
    const { panels } = await readDashboard();
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Set<string>();
    for (const { gridPos } of panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x} ${y}`)).toBe(false);
          taken.add(`${x} ${y}`);
        }
    }
  });

  test.skipIf(!promtoolAvailable)('asks Prometheus what it understands', async () => {
    const rules = expressionsOf(await readDashboard()).map((expr, index) => ({
      record: `asked:${index}`,
      expr,
    }));
    const file = join(await temporaryFolder(), 'rules.yml');
    await writeFile(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    expect(await promtool(['check', 'rules', file])).toMatchObject({ code: 0 });
  });
});

describe.skipIf(!promtoolAvailable)('the alert rules', () => {
  test('are what Prometheus takes', async () => {
    expect(await promtool(['check', 'rules', fileOf('docs/prometheus-alerts.yml')])).toMatchObject({
      code: 0,
    });
  });

  test('fire once for each trouble, over all replicas, and not while all is well', async () => {
    const { code, output } = await promtool(['test', 'rules', fileOf('test/support/prometheus-alerts.yml')]);
    expect({ code, output }).toMatchObject({ code: 0 });
  });
});
