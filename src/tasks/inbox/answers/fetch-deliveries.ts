import type { ImapSession } from '../../../clients/imap.js';
import { fetchParts, type PartKey, type Parts, upTo } from '../fetch-parts.js';
import { type DeliveryReport, LONGEST_REPORT_BYTES, parseDeliveryReport } from '../mime/delivery-report.js';
import type { ReportPart, ReportParts } from '../mime/report-parts.js';
import type { MessageHead } from '../model.js';

/** What the delivery reports among these mails say, by UID. No command where there are none. */
export async function fetchDeliveries(
  session: ImapSession,
  heads: MessageHead[],
): Promise<Map<number, DeliveryReport>> {
  const reports = heads.flatMap(({ uid, report }) => (report ? [{ uid, report }] : []));
  const parts = await fetchParts(session, reports, ({ report }) => sections(report));
  return new Map(reports.map(({ uid, report }) => [uid, read(report, parts.get(uid))]));
}

function sections({ status, original }: ReportParts): PartKey[] {
  return [status, original].flatMap((part) => part ?? []).map(keyOf);
}

/** The structure does not tell how long the headers of the original are. */
function keyOf({ section, sizeBytes }: ReportPart): PartKey {
  const known = sizeBytes > 0 && /^[\d.]+$/.test(section);
  return upTo(LONGEST_REPORT_BYTES, section, known ? sizeBytes : LONGEST_REPORT_BYTES);
}

function read({ status, original, originalId }: ReportParts, parts: Parts | undefined): DeliveryReport {
  const fetched = ({ section, encoding }: ReportPart) => ({
    bytes: parts?.get(section.toLowerCase()) ?? Buffer.alloc(0),
    encoding: section.endsWith('.HEADER') ? '' : encoding,
  });
  return parseDeliveryReport(fetched(status), original ? fetched(original) : undefined, originalId);
}
