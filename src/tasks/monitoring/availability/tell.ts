import { sql } from 'drizzle-orm';
import { type Database, rowsOf } from '../../../db/client.js';
import { type ObservationTally, observe, remindOfOpen, retire } from '../../../incidents/observe.js';
import { createTelling } from '../../../incidents/telling.js';
import type { Capabilities, RunContext } from '../../define.js';
import type { Findings } from './findings.js';
import type { OpenIncidents } from './late-tasks.js';
import { NETWORK } from './monitors.js';

export type TellContext = RunContext<unknown> &
  Pick<Capabilities, 'db'> &
  Partial<Pick<Capabilities, 'mail' | 'sms' | 'vault'>>;

/** Those that this task has a say in. */
export async function openIncidents(db: Pick<Database, 'rows'>): Promise<OpenIncidents> {
  const rows = await db.rows<{ source: string; cause: string | null; openedAt: string }>(sql`
    select source, details->>'cause' as cause, opened_at as "openedAt" from cronhook.incidents
    where resolved_at is null and (source like 'monitor:%' or source like 'task:%' or source = ${NETWORK})
  `);
  return new Map(rows.map(({ source, ...incident }) => [source, incident]));
}

/** Incidents and what is told of them, in one write; then reminders of all that is open, whoever watches it. */
export async function tell(
  context: TellContext,
  given: Findings[],
  open: OpenIncidents,
): Promise<ObservationTally> {
  const findings = {
    wrong: given.flatMap(({ wrong }) => wrong),
    well: given.flatMap(({ well }) => well),
    retired: given.flatMap(({ retired }) => retired),
  };
  if (context.dryRun) return foresee(context, findings, open);
  return context.db.write(async (tx) => {
    const enabled = await rowsOf<{ id: string }>(
      tx,
      sql`select id::text from cronhook.monitors where enabled`,
    );
    const current = exceptOf(new Set(enabled.map(({ id }) => id)), findings, open);
    const telling = createTelling(context);
    const tally = await observe(tx, current, telling);
    if (current.retired.length > 0) await retire(tx, current.retired, context.now());
    await remindOfOpen(tx, telling);
    return tally;
  });
}

/** Monitors that are gone, or switched off, also while they were checked: nobody waits for news of them. */
function exceptOf(enabled: Set<string>, findings: Findings, open: OpenIncidents): Findings {
  const isGone = (source: string) => {
    const id = /^monitor:([^:]*)/.exec(source)?.[1];
    return id !== undefined && !enabled.has(id);
  };
  const gone = [...open.keys()].filter(isGone);
  return {
    wrong: findings.wrong.filter(({ source }) => !isGone(source)),
    well: findings.well.filter((source) => !isGone(source)),
    retired: [...new Set([...findings.retired, ...gone])].filter((source) => open.has(source)),
  };
}

function foresee({ would }: TellContext, { wrong, well }: Findings, open: OpenIncidents): ObservationTally {
  for (const { source, severity, title, message } of wrong)
    if (!open.has(source)) would(source, { action: 'open an incident', severity, title, message });
  for (const source of well) if (open.has(source)) would(source, { action: 'end the incident' });
  return { opened: 0, recovered: 0 };
}
