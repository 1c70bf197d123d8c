/** What monitors, their state and tasks that are late are told with. */
export interface AvailabilityTexts {
  notFound(id: string): string;
  afterGone: string;
  hiddenPassword: string;
  noId: string;
  unknownKind: string;
  badTarget(reason: string): string;
  badStatus(status: number): string;
  down: { title(name: string): string; message(reason: string, target: string): string };
  certificate: {
    title(name: string): string;
    soon(target: string, moment: string, days: number): string;
    /** A host that a target redirects to. */
    behind(host: string, target: string): string;
  };
  network: { title: string; message(monitors: number, targets: string[]): string };
  late: {
    title(task: string): string;
    message(facts: {
      task: string;
      since: string;
      schedule: string | undefined;
      lastRun: string | undefined;
    }): string;
  };
}

export const availabilityFr: AvailabilityTexts = {
  notFound: (id) => `Aucune surveillance ${id}`,
  afterGone:
    'doit être l’identifiant d’une surveillance qui existe ; celle-ci n’existe pas ou plus : reprenez à la première page',
  hiddenPassword:
    'contient *** au lieu du mot de passe : donnez le vrai, il n’est gardé que pour le même hôte et le même utilisateur',
  noId: 'Cette ligne de monitors n’a pas d’identifiant uuid : elle ne peut pas être contrôlée',
  unknownKind: 'kind doit être http ou tcp : corrigez cette ligne de monitors',
  badTarget: (reason) => `target ${reason} : corrigez cette ligne de monitors`,
  badStatus: (status) =>
    `expected_status vaut ${status}, ce qu’aucun serveur ne répond : attendu de 100 à 599`,
  down: {
    title: (name) => `${name} ne répond plus`,
    message: (reason, target) =>
      `${reason}.\nContrôlé plusieurs fois pendant plus d’une minute, sans une bonne réponse : ${target}`,
  },
  certificate: {
    title: (name) => `Certificat à renouveler : ${name}`,
    soon: (target, moment, days) =>
      `Le certificat de ${target} expire le ${moment}, ${days < 1 ? 'dans moins d’un jour' : days === 1 ? 'dans un jour' : `dans ${days} jours`}. Renouvelez-le, ou voyez pourquoi son renouvellement automatique n’a pas eu lieu : après cette date les navigateurs refuseront le site.`,
    behind: (host, target) => `${host} (où redirige ${target})`,
  },
  network: {
    title: 'Plus aucune surveillance ne joint sa cible',
    message: (monitors, targets) =>
      `Aucune de ces ${monitors} cibles n’a répondu pendant plus d’une minute : ${listOf(targets, monitors)}.\nC’est sans doute le réseau de ce service : vérifiez son DNS, sa route et son pare-feu sortant ; ou bien elles se trouvent toutes au même endroit, qui est arrêté. D’ici là, rien n’est enregistré sur leur disponibilité.`,
  },
  late: {
    title: (task) => `La tâche ${task} n’est plus exécutée`,
    message: ({ task, since, schedule, lastRun }) =>
      `${task} est en retard depuis le ${since}${schedule ? ` (planification : ${schedule})` : ''}. ${lastRun ? `Dernière exécution : le ${lastRun}. ` : ''}Vérifiez le compte du planificateur (tâche désactivée, quota), l’URL appelée et le secret. Pour une tâche qui ne doit plus tourner, mettez le réglage task.${task}.enabled à false.`,
  },
};

export const availabilityEn: AvailabilityTexts = {
  notFound: (id) => `No monitor ${id}`,
  afterGone:
    'must be the id of a monitor that exists; this one does not, or no longer: begin again at the first page',
  hiddenPassword:
    'has *** instead of its password: give the real one, it is kept for the same host and user only',
  noId: 'This row of monitors has no uuid as its id: it cannot be checked',
  unknownKind: 'kind must be http or tcp: correct this row of monitors',
  badTarget: (reason) => `target ${reason}: correct this row of monitors`,
  badStatus: (status) => `expected_status is ${status}, which no server answers: expected 100 to 599`,
  down: {
    title: (name) => `${name} is down`,
    message: (reason, target) =>
      `${reason}.\nChecked several times over more than a minute without a good answer: ${target}`,
  },
  certificate: {
    title: (name) => `Certificate to renew: ${name}`,
    soon: (target, moment, days) =>
      `The certificate of ${target} expires on ${moment}, ${days < 1 ? 'in less than a day' : days === 1 ? 'in one day' : `in ${days} days`}. Renew it, or see why its automatic renewal has not happened: after that date browsers will refuse the site.`,
    behind: (host, target) => `${host} (to which ${target} redirects)`,
  },
  network: {
    title: 'No monitor reaches its target any more',
    message: (monitors, targets) =>
      `None of these ${monitors} targets answered for more than a minute: ${listOf(targets, monitors)}.\nIt is probably the network of this service: check its DNS, its route and its outgoing firewall; or they all stand in one place that has stopped. Meanwhile nothing is recorded of their availability.`,
  },
  late: {
    title: (task) => `The task ${task} is no longer called`,
    message: ({ task, since, schedule, lastRun }) =>
      `${task} has been late since ${since}${schedule ? ` (schedule: ${schedule})` : ''}. ${lastRun ? `Last run: ${lastRun}. ` : ''}Check the scheduler’s account (job switched off, quota), the URL it calls and the secret. For a task that should not run any more, put the setting task.${task}.enabled to false.`,
  },
};

const listOf = (some: string[], all: number): string => some.join(', ') + (all > some.length ? ', …' : '');
