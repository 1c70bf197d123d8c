/** How the tasks fare: late, failing, unusual. */
export interface WatchTexts {
  placeholder: string;
}

export const watchFr: WatchTexts = { placeholder: '' };

export const watchEn: WatchTexts = { placeholder: '' };
