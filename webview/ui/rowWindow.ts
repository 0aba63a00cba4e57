/** Which rows of a long list are drawn, and how much room the others take. */
export interface RowWindow {
  first: number;
  /** One past the last. */
  end: number;
  paddingTopPx: number;
  paddingBottomPx: number;
}

/** The rows that are visible at a scroll position, with some on either side. All rows are equally high. */
export function rowWindow(
  rowCount: number,
  rowHeightPx: number,
  scrollTopPx: number,
  viewportPx: number,
  overscanRows = 8,
): RowWindow {
  const visible = Math.ceil(viewportPx / rowHeightPx);
  const top = Math.min(Math.max(0, Math.floor(scrollTopPx / rowHeightPx)), Math.max(0, rowCount - visible));
  const first = Math.max(0, top - overscanRows);
  const end = Math.min(rowCount, top + visible + overscanRows);
  return {
    first,
    end,
    paddingTopPx: first * rowHeightPx,
    paddingBottomPx: (rowCount - end) * rowHeightPx,
  };
}
