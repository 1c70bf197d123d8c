import { formatBytes } from '../messages/format.js';

const WIDTH = 30;
const REDRAWS_PER_SECOND = 10;
/** Where nobody watches, a line for so much more. */
const STEP_PERCENT = 10;

export interface ProgressBar {
  update(bytes: number): void;
  /** Leaves the last line standing, and says what comes now. */
  end(text: string): void;
}

/** How much of so many bytes has passed, how fast, and how long it will take; on a terminal a bar, else lines. */
export function createProgressBar(
  ofBytes: number,
  output: NodeJS.WriteStream,
  ticks: () => number = () => performance.now(),
): ProgressBar {
  const beganAt = ticks();
  let [shownAt, shownPercent, drawn] = [Number.NEGATIVE_INFINITY, 0, false];
  return {
    update(bytes) {
      const percent = ofBytes > 0 ? Math.min(100, Math.floor((bytes / ofBytes) * 100)) : 100;
      const seconds = (ticks() - beganAt) / 1000;
      const text = describe({ bytes, ofBytes, percent, seconds });
      if (output.isTTY) {
        if (percent < 100 && ticks() - shownAt < 1000 / REDRAWS_PER_SECOND) return;
        const filled = Math.round((percent / 100) * WIDTH);
        output.write(`\r[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${text}\u001b[K`);
        drawn = true;
      } else if (percent >= shownPercent + STEP_PERCENT) {
        output.write(`${text}\n`);
        shownPercent = percent - (percent % STEP_PERCENT);
      }
      shownAt = ticks();
    },
    end(text) {
      output.write(`${drawn ? '\n' : ''}${text}${text && '\n'}`);
      drawn = false;
    },
  };
}

interface Passed {
  bytes: number;
  ofBytes: number;
  percent: number;
  seconds: number;
}

function describe({ bytes, ofBytes, percent, seconds }: Passed): string {
  const amount = `${formatBytes(bytes, 'en')} of ${formatBytes(ofBytes, 'en')}`;
  if (seconds <= 0 || bytes === 0) return `${percent} %, ${amount}`;
  const rate = bytes / seconds;
  const left = Math.ceil((ofBytes - bytes) / rate);
  return `${percent} %, ${amount}, ${formatBytes(rate, 'en')}/s, ${clock(left)} left`;
}

const clock = (seconds: number): string => {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const twoDigits = (number: number) => String(number).padStart(2, '0');
  return [...(hours ? [hours, twoDigits(minutes)] : [minutes]), twoDigits(seconds % 60)].join(':');
};
