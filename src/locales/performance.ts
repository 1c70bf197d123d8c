/** What is measured, and what to do when it is too much. */
export interface PerformanceTexts {
  placeholder: string;
}

export const performanceFr: PerformanceTexts = { placeholder: '' };

export const performanceEn: PerformanceTexts = { placeholder: '' };
