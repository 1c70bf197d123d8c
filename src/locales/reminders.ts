/** A notification as its reader sees it. */
export interface NoticeText {
  title: string;
  body: string;
}

/** What the notifications of `overdue-reminders` say. */
export interface ReminderTexts {
  /** Stands for a title without a single letter. */
  untitled: string;
  invoiceOverdue(invoice: { number: string; customer: string; amount: string; due: string }): NoticeText;
  todoOverdue(todo: { title: string; due: string }): NoticeText;
  todoCritical(todo: { title: string; due: string }): NoticeText;
  appointment(appointment: { title: string; starts: string; location: string | null }): NoticeText;
}

export const remindersFr: ReminderTexts = {
  untitled: 'sans titre',
  invoiceOverdue: ({ number, customer, amount, due }) => ({
    title: `Facture ${number} en retard de paiement`,
    body: `La facture ${number} (${customer}, ${amount}) était à régler au plus tard le ${due} et n’est pas payée.`,
  }),
  todoOverdue: ({ title, due }) => ({
    title: `Tâche en retard : ${title}`,
    body: `« ${title} » était à faire pour le ${due}.`,
  }),
  todoCritical: ({ title, due }) => ({
    title: `Tâche critique à faire sous 24 heures : ${title}`,
    body: `« ${title} » est à faire pour le ${due}.`,
  }),
  appointment: ({ title, starts, location }) => ({
    title: `Rendez-vous : ${title}`,
    body: `« ${title} », ${starts}${location === null ? '' : `, ${location}`}`,
  }),
};

export const remindersEn: ReminderTexts = {
  untitled: 'untitled',
  invoiceOverdue: ({ number, customer, amount, due }) => ({
    title: `Invoice ${number} overdue`,
    body: `Invoice ${number} to ${customer} (${amount}) was due by ${due} and is not paid.`,
  }),
  todoOverdue: ({ title, due }) => ({
    title: `Task overdue: ${title}`,
    body: `“${title}” was due on ${due}.`,
  }),
  todoCritical: ({ title, due }) => ({
    title: `Critical task due within 24 hours: ${title}`,
    body: `“${title}” is due on ${due}.`,
  }),
  appointment: ({ title, starts, location }) => ({
    title: `Appointment: ${title}`,
    body: `“${title}”, ${starts}${location === null ? '' : `, ${location}`}`,
  }),
};
