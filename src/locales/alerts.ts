/** What alerts of incidents say, by mail, SMS and in the application. */
export interface AlertTexts {
  placeholder: string;
}

export const alertsFr: AlertTexts = { placeholder: '' };

export const alertsEn: AlertTexts = { placeholder: '' };
