/** What monitors and their checks tell. */
export interface MonitorTexts {
  placeholder: string;
}

export const monitorsFr: MonitorTexts = { placeholder: '' };

export const monitorsEn: MonitorTexts = { placeholder: '' };
