import type { ErrorCode } from '../errors.js';
import type { Messages } from '../locales/index.js';
import type { TaskHealth } from '../task-health.js';

const LARGEST_ANSWER_BYTES = 8 * 1024;
/** How much of each task's message is shown, as far as there is room. */
const MESSAGE_LENGTHS = [300, 150, 75, 0];

/** One answer for an uptime monitor: 503 with the names when a task that should run does not, or fails. */
export function healthAnswer(tasks: TaskHealth[], messages: Messages, now: Date) {
  const named = (state: TaskHealth['state']) =>
    tasks.filter((task) => task.state === state).map(({ task }) => task);
  const [late, failing] = [named('late'), named('failing')];
  const isWell = late.length + failing.length === 0;
  const error: ErrorCode = 'task_failed';
  const head = {
    success: isWell,
    message: isWell ? messages.watch.tasksWell : messages.watch.tasksTroubled({ late, failing }),
    timestamp: now.toISOString(),
    ...(!isWell && { error }),
  };
  return { status: isWell ? (200 as const) : (503 as const), body: { ...head, tasks: fitting(head, tasks) } };
}

type ShownHealth = Omit<TaskHealth, 'schedule' | 'variableDuration'>;

/** Messages are cut first; then the tasks that are well go, and at the very last the others. */
function fitting(head: object, tasks: TaskHealth[]): ShownHealth[] {
  const fits = (shown: ShownHealth[]) =>
    Buffer.byteLength(JSON.stringify({ ...head, tasks: shown })) <= LARGEST_ANSWER_BYTES;
  const cut = MESSAGE_LENGTHS.map((length) => tasks.map((task) => withMessage(task, length)));
  const whole = cut.find(fits);
  if (whole) return whole;
  const silent = cut.at(-1) ?? [];
  const shown = [...silent.filter(isTroubled), ...silent.filter((task) => !isTroubled(task))];
  while (!fits(shown) && shown.length > 0) shown.pop();
  return shown;
}

const isTroubled = ({ state }: ShownHealth): boolean => state === 'late' || state === 'failing';

const withMessage = (health: TaskHealth, length: number): ShownHealth => {
  const { task, state, since, expectedBy, lastRunAt, message } = health;
  const known = { task, state, since, expectedBy, lastRunAt };
  if (!message || message.length <= length) return { ...known, message };
  return { ...known, message: length === 0 ? null : `${message.slice(0, length - 1).toWellFormed()}…` };
};
