import { l10n } from '../../../src/core/l10n.js';
import { formatBytes } from '../../../src/core/format.js';
import type { FileEntry, InspectorModel } from '../../../src/core/inspector/inspectorModel.js';
import { element } from '../../shared/dom.js';
import { table, type TableColumn } from '../../ui/table.js';
import type { PageContext } from '../inspectorPort.js';

/** Every file of the model; a click opens it. */
export function filesSection({ files, filesSizeBytes }: InspectorModel, { port }: PageContext) {
  if (files.length === 0) return undefined;
  const open =
    (path: string) =>
    (event: Event): void => {
      event.preventDefault();
      port.request('openFile', { path, line: null });
    };
  const columns: readonly TableColumn<FileEntry>[] = [
    {
      header: l10n.t('File'),
      isMonospace: true,
      cell: ({ path }) => element('a', { href: '#', onClick: open(path) }, path),
      title: ({ path }) => path,
    },
    { header: l10n.t('Size'), align: 'end', cell: ({ sizeBytes }) => formatBytes(sizeBytes) },
  ];
  return {
    id: 'files',
    title: l10n.t('Files'),
    note: `${files.length} · ${formatBytes(filesSizeBytes)}`,
    content: () =>
      table({
        caption: l10n.t('Files'),
        columns,
        rows: files,
        keyOf: ({ path }) => path,
        ...(files.length > 100 ? { virtual: { rowHeightPx: 22, maxHeightPx: 440 } } : {}),
      }),
  };
}
