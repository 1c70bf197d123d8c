import type { ReportTexts } from './reports.js';

const s = (count: number): string => (count === 1 ? '' : 's');

const LEGEND =
  'what is better is green, what is worse red and bold; “–” stands for a number that is not known.';

export const reportsEn: ReportTexts = {
  editions: {
    daily: {
      subject: (day, gist) => `${day}${gist && `: ${gist}`}`,
      heading: (day) => `Report of ${day}`,
      happened: (what) => `Yesterday: ${what}`,
      quiet: 'A quiet day yesterday: no new subscription and no receipts',
      quietGist: 'a quiet day',
      unknown: 'Yesterday’s numbers are not known yet',
      reference: (weekday) => `the ${weekday} before`,
      noFailures: 'No task has failed in the last twenty-four hours.',
      legend: `▲ and ▼ show the change from the day compared to yesterday; ${LEGEND}`,
      already: (day) =>
        `The report of ${day} has been sent already: nothing was sent (force=true sends it again)`,
    },
    weekly: {
      subject: (week, gist) => `Week of ${week}${gist && `: ${gist}`}`,
      heading: (week) => `Report of the week of ${week}`,
      happened: (what) => `Last week: ${what}`,
      quiet: 'A quiet week: no new subscription and no receipts',
      quietGist: 'a quiet week',
      unknown: 'The numbers of last week are not known yet',
      reference: () => 'the week before',
      noFailures: 'No task has failed in the last seven days.',
      legend: `▲ and ▼ show the change from the week compared to the last one; ${LEGEND}`,
      already: (week) =>
        `The report of the week of ${week} has been sent already: nothing was sent (force=true sends it again)`,
    },
  },
  gist: {
    subscriptions: (count) => (count > 1 ? `${count} new subscriptions` : 'one new subscription'),
    leads: (count) => (count > 1 ? `${count} new leads` : 'one new lead'),
    received: (amount) => `${amount} received`,
    paidBack: (amount) => `${amount} more paid back than received`,
    better: (what, reference, amount) => `${what}, better than ${reference} (${amount}).`,
    worse: (what, reference, amount) => `${what}, less than ${reference} (${amount}).`,
    alike: (what, reference) => `${what}, much like ${reference}.`,
    departures: (count) => (count > 1 ? `${count} customers have left.` : 'One customer has left.'),
    mrr: (amount, change) => `MRR stands at ${amount}${change && `, ${change} in a week`}.`,
    nothingToDo: 'Nothing needs your attention.',
    toDo: (count) => (count > 1 ? `${count} points need your attention.` : 'One point needs your attention.'),
  },
  change: {
    up: (amount) => `up ${amount}`,
    down: (amount) => `down ${amount}`,
    same: 'unchanged',
    points: (number) => `${number} pt`,
    better: 'better',
    worse: 'worse',
  },
  unsent: {
    pending: 'The report has not gone out yet: it waits in the outbox, whose task tries again',
    sending: 'The report has not gone out yet: another call is sending it',
    failed:
      'The report has not gone out: the mail server refused it. Check ADMIN_EMAIL, then send it again with force=true',
    suppressed:
      'The report has not gone out: suppressed_addresses lists ADMIN_EMAIL. Delete its row there, then send it again with force=true',
    held: 'The report has not gone out: it is held since a restore; “cronhook outbox release” lets it go',
    cancelled: 'The report has not gone out: its message was cancelled; force=true sends it again',
  },
  groups: { acquisition: 'Acquisition', revenue: 'Revenue', customers: 'Customers', support: 'Support' },
  attention: {
    title: 'Needs attention',
    since: (moment, duration) => `For ${duration} (${moment})`,
    more: (count) => `… and ${count} more point${s(count)}.`,
    lastRun: (moment) => `Last run: ${moment}.`,
    lateDo: 'Check at the scheduler that the call is switched on, its URL and its secret.',
    mailsRefused: (count) => (count > 1 ? `${count} messages were refused` : 'One message was refused'),
    mailsRefusedDo: 'Correct the addresses; “cronhook outbox retry” sends them again.',
    mailsWaiting: (count) =>
      count > 1 ? `${count} messages have been waiting for long` : 'One message has been waiting for long',
    mailsWaitingDo: 'Check the SMTP server, and that the task outbox is being called.',
    mailsHeld: (count) => (count > 1 ? `${count} messages are held` : 'One message is held'),
    mailsHeldDo: 'After a restored backup, “cronhook outbox release” lets them go.',
    neverVerified: 'No backup has been verified yet',
    neverVerifiedDo: 'The task backup-verify does it by restoring the newest.',
    verifiedLongAgo: (duration) => `The last verified backup was verified ${duration} ago`,
    verifiedLongAgoDo: 'Call the task backup-verify, and check that it is scheduled.',
    ticketsWaiting: (count) =>
      count > 1
        ? `${count} tickets have waited for a first response for more than a day`
        : 'One ticket has waited for a first response for more than a day',
    ticketsWaitingOldest: (duration) => `The oldest has waited for ${duration}.`,
    pastDue: (count) => (count > 1 ? `${count} subscriptions are past due` : 'One subscription is past due'),
    pastDueDo: 'A word to the customer often saves one.',
    trialsEnding: (count) =>
      count > 1 ? `${count} trials end within three days` : 'One trial ends within three days',
    trialsEndingDo: 'This is the time to call them.',
    incomplete: 'This report is incomplete',
    incompleteDo: (parts) =>
      `It could not read ${parts}: nobody has looked there. The history of the tasks says why (“cronhook runs”).`,
    parts: {
      incidents: 'the incidents',
      monitors: 'the availability',
      outbox_messages: 'the messages that wait',
      customers: 'the tickets, late payments and trials',
      task_runs: 'the tasks and backups',
      kpi_targets: 'the targets',
      charts: 'the charts',
      month: 'the month',
    },
    numbersOld: 'The numbers could not be brought up to date',
    numbersOldDo: 'They may be old or incomplete. The history of the tasks says why (“cronhook runs”).',
  },
  watch: {
    title: 'Availability and incidents',
    uptime: (when, share, monitors) =>
      monitors > 1
        ? `Availability, ${when}: ${share} on average over ${monitors} watched services.`
        : `Availability of the watched service, ${when}: ${share}.`,
    wasDown: (share, duration) => `${share}: interrupted for ${duration}`,
    ended: (moment, duration) => `On ${moment}, for ${duration}`,
    moreMonitors: (count) => `… and ${count} more interrupted service${s(count)}.`,
    moreIncidents: (count) => `… and ${count} more incident${s(count)}.`,
    unusual: 'Unusual runs',
    longer: (moment, duration, usual) => `On ${moment}: ${duration}, usually ${usual}`,
    shorter: (moment, duration, usual) => `On ${moment}: only ${duration}, usually ${usual}`,
    emptier: (moment, names) => `On ${moment}: far less than in any run of late (${names}); check its source`,
    moreUnusual: (count) => `… and ${count} more task${s(count)}.`,
  },
  operations: {
    title: 'Tasks and backups',
    failures: (count) => (count > 1 ? `${count} failures` : 'One failure'),
    recovered: 'works again',
    stillFailing: 'has not recovered yet',
    lastMessage: (message) => `Last message: ${message}`,
    more: (count) => `… and ${count} more failed task${s(count)}.`,
    verified: (moment, duration) => `Last verified backup: ${moment} (${duration} ago).`,
    verifiedNever: 'Last verified backup: none.',
    backedUp: (moment) => `Last backup: ${moment}.`,
  },
  goals: {
    week: 'Targets of the week',
    month: (month) => `Targets of ${month}`,
    atLeast: (target) => `of ${target}`,
    atMost: (target) => `with ${target} at most`,
    unknown: 'The result is not known yet',
    reached: 'Target reached',
    kept: 'Target kept',
    missed: 'Target exceeded',
    progress: (percent) => `${percent} of the target`,
    more: (count) => `… and ${count} more target${s(count)}.`,
  },
  month: {
    title: (month) => `The month of ${month}`,
    soFar: (month) => `The month of ${month} so far`,
    soFarColumn: 'so far',
    note: 'The month is not over: it stands beside the whole month before, without a comparison.',
  },
  charts: {
    leads: 'New leads by week',
    revenue: 'Net receipts by week',
    bridge: 'MRR from the beginning to the end of the week',
    customers: 'Paying customers at the end of each week',
    churn: 'Customer churn by week',
    axisFrom: (start) => `the axis begins at ${start}`,
    weekly: (first, values) => `since the week of ${first}: ${values}`,
    steps: {
      start: 'Start',
      new: 'New',
      expansion: 'Expansion',
      reactivation: 'Back',
      contraction: 'Contraction',
      churn: 'Churn',
      end: 'End',
    },
  },
};
