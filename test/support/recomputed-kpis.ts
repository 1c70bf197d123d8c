import { DAY, HOUR, type RawRows } from './simulated-year.js';

const clock = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Europe/Paris',
  ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
});
const localDay = (at: number): string => clock.format(at);
const shift = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * DAY).toISOString().slice(0, 10);
const mondayOf = (day: string): string => shift(day, -((new Date(day).getUTCDay() + 6) % 7));

interface Bucket {
  period: 'hour' | 'day' | 'week' | 'month';
  start: number;
  /** Not in it any more. */
  end: number;
  days: string[];
}

/** The values by `metric period bucket`, from nothing but the rows: slow, and another way than the service goes. */
export function recompute(rows: RawRows, firstMoment: number, now: number): Map<string, number> {
  const hours: { at: number; day: string }[] = [];
  let at = Math.floor(firstMoment / HOUR) * HOUR;
  while (localDay(at - HOUR) === localDay(firstMoment)) at -= HOUR;
  for (; at <= now; at += HOUR) hours.push({ at, day: localDay(at) });
  const startOf = (day: string): number => {
    for (let guess = Date.parse(day) - 3 * HOUR; ; guess += HOUR) if (localDay(guess) === day) return guess;
  };
  const starts = new Map([...new Set(hours.map(({ day }) => day))].map((day) => [day, startOf(day)]));
  const days = [...starts.keys()];
  const dayEnd = (day: string) => startOf(shift(day, 1));
  const group = (keyOf: (day: string) => string, period: 'week' | 'month', length: (key: string) => string) =>
    [...new Set(days.map(keyOf))].map(
      (key): Bucket => ({
        ...{ period, start: startOf(key), end: startOf(length(key)) },
        days: days.filter((day) => keyOf(day) === key),
      }),
    );
  const nextMonth = (first: string) => `${shift(first, 32).slice(0, 7)}-01`;
  const hourBuckets = hours.map(
    ({ at: start, day }): Bucket => ({ period: 'hour', start, end: start + HOUR, days: [day] }),
  );
  const dayBuckets = days.map(
    (day): Bucket => ({ period: 'day', start: startOf(day), end: dayEnd(day), days: [day] }),
  );
  const longer = [
    ...group(mondayOf, 'week', (monday) => shift(monday, 7)),
    ...group((day) => `${day.slice(0, 7)}-01`, 'month', nextMonth),
  ];

  const values = new Map<string, number>();
  const put = (metric: string, { period, start }: Bucket, value: number | undefined) => {
    if (value !== undefined && Number.isFinite(value))
      values.set(`${metric} ${period} ${new Date(start).toISOString()}`, value);
  };
  const inside = (moment: number | null, { start, end }: Bucket) =>
    moment !== null && moment >= start && moment < end && moment <= now;
  const ratio = (part: number, whole: number) => (whole === 0 ? undefined : part / whole);
  const mean = (numbers: number[]) =>
    ratio(
      numbers.reduce((sum, number) => sum + number, 0),
      numbers.length,
    );
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
  const activeDays = new Map<string, Set<string>>();
  for (const { user_id, day } of rows.user_activity)
    activeDays.set(day, (activeDays.get(day) ?? new Set()).add(user_id));
  const active = (list: string[]) => new Set(list.flatMap((day) => [...(activeDays.get(day) ?? [])])).size;
  const last30 = (day: string) => Array.from({ length: 30 }, (_, back) => shift(day, -back));

  for (const bucket of [...hourBuckets, ...dayBuckets, ...longer]) {
    const isHour = bucket.period === 'hour';
    const count = (list: (number | null)[]) => list.filter((moment) => inside(moment, bucket)).length;
    put('leads_new', bucket, count(rows.leads.map((lead) => lead.created_at)));
    put(
      'trials_new',
      bucket,
      count(
        rows.companies
          .filter((company) => company.trial_ends_at !== null || company.status === 'trial')
          .map((company) => company.created_at),
      ),
    );
    put('signups_new', bucket, count(rows.users.map((user) => user.created_at)));
    const starting = rows.subscriptions.filter(
      (one) =>
        !rows.subscriptions.some(
          (other) =>
            other !== one &&
            other.company_id === one.company_id &&
            other.started_at < one.started_at &&
            other.cancelled_at !== null &&
            localDay(other.cancelled_at) === localDay(one.started_at),
        ),
    );
    if (isHour || bucket.period === 'day')
      put('subscriptions_new', bucket, count(starting.map((one) => one.started_at)));
    const euros = rows.payments.filter(({ currency }) => currency === 'EUR');
    const taken = euros.filter(
      (one) => (one.status === 'succeeded' || one.refunded_at !== null) && inside(one.created_at, bucket),
    );
    const returned = euros.filter((one) => one.status === 'refunded' && inside(one.refunded_at, bucket));
    put(
      'revenue_cents',
      bucket,
      sum(taken.map((one) => one.amount_cents)) - sum(returned.map((one) => one.amount_cents)),
    );
    const tried = rows.payments.filter((one) => inside(one.created_at, bucket));
    put(
      'payment_failure_rate',
      bucket,
      ratio(tried.filter((one) => one.status === 'failed').length, tried.length),
    );
    const tickets = rows.support_tickets;
    put('tickets_opened', bucket, count(tickets.map((ticket) => ticket.opened_at)));
    put('tickets_resolved', bucket, count(tickets.map((ticket) => ticket.resolved_at)));
    const answered = tickets.filter((ticket) => inside(ticket.first_response_at, bucket));
    put(
      'ticket_first_response_seconds',
      bucket,
      mean(answered.map((ticket) => ((ticket.first_response_at as number) - ticket.opened_at) / 1000)),
    );
    const resolved = tickets.filter((ticket) => inside(ticket.resolved_at, bucket));
    put(
      'ticket_resolution_seconds',
      bucket,
      mean(resolved.map((ticket) => ((ticket.resolved_at as number) - ticket.opened_at) / 1000)),
    );
    put(
      'satisfaction',
      bucket,
      mean(resolved.flatMap(({ satisfaction }) => (satisfaction === null ? [] : [satisfaction]))),
    );
    if (isHour) continue;
    const settled = Math.min(now, bucket.end + 48 * HOUR);
    const leads = rows.leads.filter((lead) => inside(lead.created_at, bucket));
    put(
      'conversion_lead_trial',
      bucket,
      ratio(leads.filter((lead) => (lead.converted_at ?? Infinity) <= settled).length, leads.length),
    );
    const opened = tickets.filter((ticket) => inside(ticket.opened_at, bucket));
    put(
      'ticket_resolution_rate',
      bucket,
      ratio(opened.filter((ticket) => (ticket.resolved_at ?? Infinity) <= settled).length, opened.length),
    );
    const won = rows.companies.filter((company) => inside(company.converted_at, bucket));
    const missed = rows.companies.filter(
      (company) =>
        !won.includes(company) &&
        inside(company.trial_ends_at, bucket) &&
        (company.converted_at ?? Infinity) > (company.trial_ends_at as number),
    );
    put('conversion_trial_client', bucket, ratio(won.length, won.length + missed.length));
    const dau = mean(bucket.days.map((day) => activeDays.get(day)?.size ?? 0));
    const lastDay = bucket.days.at(-1) as string;
    const monthDays = days.filter((day) => day.slice(0, 7) === lastDay.slice(0, 7));
    const mau = active(bucket.period === 'month' ? monthDays : last30(lastDay));
    put('dau', bucket, dau);
    put('mau', bucket, mau);
    put('stickiness', bucket, ratio(dau ?? 0, mau));
  }
  for (const bucket of longer)
    put('subscriptions_new', bucket, sum(bucket.days.map((day) => dayValue('subscriptions_new', day))));

  function dayValue(metric: string, day: string): number {
    return values.get(`${metric} day ${new Date(startOf(day)).toISOString()}`) ?? 0;
  }

  const byCompany = new Map<string, RawRows['subscriptions']>();
  for (const one of rows.subscriptions)
    byCompany.set(one.company_id, [...(byCompany.get(one.company_id) ?? []), one]);
  /** In cents. */
  const mrrOf = (company: string, moment: number): number =>
    sum(
      (byCompany.get(company) ?? [])
        .filter(
          (one) =>
            one.currency === 'EUR' &&
            one.started_at <= moment &&
            (one.cancelled_at === null ? one.status !== 'cancelled' : one.cancelled_at > moment),
        )
        .map((one) => one.price_cents * (one.interval === 'year' ? 1 : 12)),
    );
  // In twelfths of a cent, so that a sum is exact.
  const companies = [...byCompany.keys()];
  const newIn = new Map<string, number>();
  const walk = (buckets: Bucket[]) => {
    const before = new Map<string, number>();
    const paidAtDayEnd = new Set<string>();
    let paidToday = new Set<string>();
    let today = '';
    for (const bucket of buckets) {
      const [day = ''] = bucket.days;
      if (day !== today) {
        for (const company of companies) if ((before.get(company) ?? 0) > 0) paidAtDayEnd.add(company);
        paidToday = new Set();
        today = day;
      }
      const moved = { new: 0, expansion: 0, contraction: 0, churn: 0, reactivation: 0 };
      let [won, lost, opening, openingCustomers] = [0, 0, 0, 0];
      for (const company of companies) {
        const was = before.get(company) ?? 0;
        const is = mrrOf(company, Math.min(bucket.end - 1, now));
        opening += was;
        if (was > 0) openingCustomers += 1;
        if (was === 0 && is > 0) {
          const known = paidAtDayEnd.has(company) || paidToday.has(company);
          moved[known ? 'reactivation' : 'new'] += is;
          if (!known) won += 1;
        } else if (was > 0 && is === 0) {
          moved.churn += was;
          lost += 1;
        } else if (is > was) moved.expansion += is - was;
        else moved.contraction += was - is;
        if (is > 0) paidToday.add(company);
        before.set(company, is);
      }
      const closing = sum([...before.values()]);
      const customers = [...before.values()].filter((value) => value > 0).length;
      if (bucket.period === 'day') newIn.set(day, won);
      put('cancellations', bucket, lost);
      for (const [kind, amount] of Object.entries(moved)) put(`mrr_${kind}_cents`, bucket, amount / 12);
      levels(bucket, closing, customers);
      if (bucket.period !== 'hour') rates(bucket, opening, openingCustomers, lost, moved);
    }
  };
  const levels = (bucket: Bucket, closing: number, customers: number) => {
    put('mrr_cents', bucket, closing / 12);
    put('arr_cents', bucket, closing);
    put('customers', bucket, customers);
    put('arpu_cents', bucket, ratio(closing / 12, customers));
  };
  const rates = (
    bucket: Bucket,
    opening: number,
    openingCustomers: number,
    lost: number,
    moved: Record<'expansion' | 'contraction' | 'churn' | 'reactivation', number>,
  ) => {
    put('churn_rate', bucket, ratio(lost, openingCustomers));
    const gone = moved.churn + moved.contraction;
    put('gross_mrr_churn_rate', bucket, ratio(gone, opening));
    put('net_mrr_churn_rate', bucket, ratio(gone - moved.expansion - moved.reactivation, opening));
  };
  walk(hourBuckets);
  walk(dayBuckets);
  for (const bucket of longer) {
    const total = (metric: string) => sum(bucket.days.map((day) => dayValue(metric, day)));
    const moved = { new: 0, expansion: 0, contraction: 0, churn: 0, reactivation: 0 };
    for (const kind of Object.keys(moved) as (keyof typeof moved)[]) {
      moved[kind] = total(`mrr_${kind}_cents`) * 12;
      put(`mrr_${kind}_cents`, bucket, moved[kind] / 12);
    }
    const lost = total('cancellations');
    put('cancellations', bucket, lost);
    const levelsAt = (moment: number) => companies.map((company) => mrrOf(company, moment));
    const open = bucket.start <= (starts.get(days[0] as string) as number) ? [] : levelsAt(bucket.start - 1);
    const close = levelsAt(Math.min(bucket.end - 1, now));
    const customers = close.filter((value) => value > 0).length;
    const openingCustomers = open.filter((value) => value > 0).length;
    levels(bucket, sum(close), customers);
    rates(bucket, sum(open), openingCustomers, lost, moved);
    if (bucket.period !== 'month') continue;
    const churnRate = ratio(lost, openingCustomers);
    put(
      'ltv_cents',
      bucket,
      churnRate && customers > 0 ? sum(close) / 12 / customers / churnRate : undefined,
    );
    const month = bucket.days[0]?.slice(0, 7);
    const spent = rows.marketing_spend.filter((spend) => spend.month.startsWith(month as string));
    const won = sum(bucket.days.map((day) => newIn.get(day) ?? 0));
    put(
      'cac_cents',
      bucket,
      spent.length > 0 ? ratio(sum(spent.map((spend) => spend.amount_cents)), won) : undefined,
    );
  }
  return values;
}
