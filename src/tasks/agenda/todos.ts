import { type SQL, sql } from 'drizzle-orm';
import { rowsOf } from '../../db/client.js';
import { reachable } from '../../db/readers.js';
import type { ReminderTexts } from '../../locales/reminders.js';
import { sqlMoment } from './moments.js';
import type { Round } from './round.js';
import { sqlLine, sqlText } from './texts.js';
import { foresee, holdReader, silentAfter, untold } from './untold.js';

/** Many in a statement, so that a backlog costs few; bounded, so that no transaction grows without limit. */
const TODOS_A_STATEMENT = 25_000;

/** Why the assignees of open todos are told; `todo` is the row. */
interface Cause {
  kind: string;
  key: SQL;
  severity: SQL;
  due: SQL;
  text: ReminderTexts['todoOverdue'];
}

/** Those past their time, and the critical ones within a day of theirs. */
export async function remindOfTodos(round: Round): Promise<void> {
  const { messages, tally } = round;
  const now = sql`${round.now.toISOString()}::timestamptz`;
  const dueSecond = sql`':' || todo.id || ':' || floor(extract(epoch from todo.due_at))::bigint`;
  const overdue = await tellOf(round, {
    kind: 'todo_overdue',
    key: sql`'todo-overdue' || ${dueSecond}`,
    severity: sql`case when todo.priority = 'critical' then 'critical' else 'important' end`,
    due: sql`todo.due_at > ${now} - ${silentAfter} and todo.due_at <= ${now}`,
    text: messages.reminders.todoOverdue,
  });
  tally.todosOverdue += overdue;
  const critical = await tellOf(round, {
    kind: 'todo_critical',
    key: sql`'todo-critical' || ${dueSecond}`,
    severity: sql`'critical'`,
    due: sql`todo.priority = 'critical' and todo.due_at > ${now} and todo.due_at <= ${now} + interval '24 hours'`,
    text: messages.reminders.todoCritical,
  });
  tally.todosCritical += critical;
}

async function tellOf(round: Round, cause: Cause): Promise<number> {
  let total = 0;
  if (round.dryRun) total = (await foresee(round, cause.kind, dueTodos(cause), sql`false`)).total;
  else {
    let from: string | null = '-infinity';
    while (from !== null) {
      const batch = await tellSome(round, cause, from);
      total += batch.told;
      from = batch.found < TODOS_A_STATEMENT ? null : batch.last;
    }
  }
  round.tally.notifications += total;
  return total;
}

interface Batch {
  found: number;
  told: number;
  last: string | null;
}

async function tellSome(round: Round, cause: Cause, from: string): Promise<Batch> {
  const texts = round.messages.reminders;
  const columns = {
    title: sqlLine(sql`due.title`, texts.untitled),
    due: sqlMoment(sql`due.due_at`, round),
  };
  const title = sqlText((todo) => cause.text(todo).title, columns);
  const body = sqlText((todo) => cause.text(todo).body, columns);
  const page = sql`
    and todo.due_at >= ${from}::timestamptz order by todo.due_at limit ${TODOS_A_STATEMENT} ${holdReader}
  `;
  const [batch] = await round.db.write((tx) =>
    rowsOf<Batch>(
      tx,
      sql`
        with due as materialized (${dueTodos(cause)} ${page}), told as (
          insert into cronhook.notifications (user_id, kind, severity, dedupe_key, title, body)
          select due."userId", ${cause.kind}, due.severity, due."dedupeKey", ${title}, ${body} from due
          on conflict (dedupe_key) do nothing
          returning 1
        )
        select count(*)::int as found, (select count(*) from told)::int as told, max(due.due_at)::text as last from due
      `,
    ),
  );
  return batch ?? { found: 0, told: 0, last: null };
}

const dueTodos = ({ key, severity, due }: Cause): SQL => sql`
  select todo.title, todo.due_at, ${severity} as severity, ${key} as "dedupeKey", reader.id as "userId"
  from cronhook.todos todo join cronhook.users reader on reader.id = todo.assignee_id
  where todo.status = 'open' and ${due} and ${reachable} and ${untold(key)}
`;
