import { useEffect, useRef } from "react";
import uPlot from "uplot";
import { type ChartSetup, chartOptions } from "./options.ts";
import { onSchemeChange } from "./theme.ts";

type Props = Omit<ChartSetup, "shades"> & {
  columns: uPlot.AlignedData;
  shades: ReturnType<ChartSetup["shades"]>;
  height: number;
  /** What the chart shows, in words: all that a screen reader gets of it. */
  description: string;
};

/** A uPlot canvas that keeps its width, colours and data up to date. Only a new `key` makes a new chart. */
export const Chart = ({ columns, shades, height, description, onHover, ...setup }: Props) => {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const latest = useRef({ columns, shades, onHover, setup, height });
  latest.current = { columns, shades, onHover, setup, height };

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const first = latest.current;
    const plot = new uPlot(
      chartOptions(
        {
          ...first.setup,
          shades: () => latest.current.shades,
          onHover: (index) => latest.current.onHover(index),
          formatValue: (value) => latest.current.setup.formatValue(value),
        },
        element.clientWidth,
        first.height,
      ),
      first.columns,
      element,
    );
    chart.current = plot;
    const resize = new ResizeObserver(() =>
      plot.setSize({ width: element.clientWidth, height: latest.current.height }),
    );
    resize.observe(element);
    const stopListening = onSchemeChange(() => plot.redraw());
    return () => {
      resize.disconnect();
      stopListening();
      plot.destroy();
      chart.current = undefined;
    };
  }, []);

  useEffect(() => {
    chart.current?.setData(columns);
  }, [columns]);

  return <div className="chart" ref={host} role="img" aria-label={description} style={{ minHeight: height }} />;
};
