import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { SIZE } from './theme.js';

use([BarChart, LineChart, GridComponent, SVGRenderer]);

export interface ChartSize {
  widthPx: number;
  heightPx: number;
}

/** Draws without a browser. */
export function drawSvg(option: EChartsCoreOption, { widthPx, heightPx }: ChartSize = SIZE): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: widthPx, height: heightPx });
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    // Its timers would keep the process alive.
    chart.dispose();
  }
}
