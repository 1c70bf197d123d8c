/** How the tasks fare: late, failing, unusual. */
export interface WatchTexts {
  tasksWell: string;
  /** Names of tasks; one of the two lists may be empty. */
  tasksTroubled(tasks: { late: string[]; failing: string[] }): string;
}

export const watchFr: WatchTexts = {
  tasksWell: 'Toutes les tâches tournent à l’heure et sans erreur',
  tasksTroubled: ({ late, failing }) =>
    listed([
      ['En retard :', late],
      ['En échec :', failing],
    ]),
};

export const watchEn: WatchTexts = {
  tasksWell: 'Every task runs on time and well',
  tasksTroubled: ({ late, failing }) =>
    listed([
      ['Late:', late],
      ['Failing:', failing],
    ]),
};

const listed = (lists: [title: string, names: string[]][]): string =>
  lists
    .filter(([, names]) => names.length > 0)
    .map(([title, names]) => `${title} ${names.join(', ')}`)
    .join('. ');
