/** How long pg_dump and the counts wait for a table that is locked. */
export const LOCK_WAIT_SECONDS = 60;
