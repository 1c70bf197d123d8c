import { fileURLToPath } from 'node:url';
import { renderAsync } from '@resvg/resvg-js';

/** The machine may have no fonts at all. */
const FONT_FILES = [
  import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'),
  import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'),
].map((url) => fileURLToPath(url));

/** The picture of a chart, for readers that show no SVG; sharp when it is twice as wide as it is shown. */
export async function drawPng(svg: string, widthPx: number): Promise<Buffer> {
  const image = await renderAsync(svg, {
    fitTo: { mode: 'width', value: widthPx },
    background: '#ffffff',
    font: { loadSystemFonts: false, fontFiles: FONT_FILES, defaultFontFamily: 'DejaVu Sans' },
  });
  return image.asPng();
}
