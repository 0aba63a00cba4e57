import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { rowWindow, type RowWindow } from './rowWindow.js';

interface Position {
  scrollTopPx: number;
  viewportPx: number;
}

/** A scroll container that draws only the rows in sight. Give `container` to the scrolling element as `ref`. */
export function useRowWindow(
  rowCount: number,
  rowHeightPx: number,
): RowWindow & { container: { current: HTMLElement | null } } {
  const container = useRef<HTMLElement | null>(null);
  const [position, setPosition] = useState<Position>({ scrollTopPx: 0, viewportPx: 600 });
  useLayoutEffect(() => {
    const element = container.current;
    if (!element) return;
    const measure = (): void =>
      setPosition({ scrollTopPx: element.scrollTop, viewportPx: Math.max(rowHeightPx, element.clientHeight) });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    measure();
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, [rowHeightPx]);
  return { ...rowWindow(rowCount, rowHeightPx, position.scrollTopPx, position.viewportPx), container };
}
