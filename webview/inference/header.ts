import type { VNode } from 'preact';
import { l10n } from '../../src/core/l10n.js';
import type { DeviceChoice, PrecisionChoice } from '../../src/protocol/inference.js';
import type { PanelModel } from '../../src/protocol/panel.js';
import { classes, element, type View } from '../shared/dom.js';
import { iconButton } from '../ui/button.js';
import { dropdown } from '../ui/dropdown.js';
import { icon } from '../ui/icon.js';
import { progressBar, progressRing } from '../ui/progressRing.js';
import type { App } from './app.js';
import { toggleSection } from './app.js';
import { deviceName, deviceReport, precisionName, statusDetails, statusLine } from './describe.js';
import { errorActions } from './errorActions.js';

/** The model, where it runs, and how it is. */
export function header(app: App): VNode {
  return element(
    'header',
    { class: 'header' },
    modelRow(app),
    app.state.compareModel ? compareRow(app, app.state.compareModel) : null,
    app.state.model ? deviceRow(app) : null,
    app.ui.open.devices && app.state.model ? deviceReportView(app) : null,
    app.state.model ? statusView(app) : null,
  );
}

function modelRow(app: App): VNode {
  const { model, compareModel } = app.state;
  return element(
    'div',
    { class: 'row' },
    modelPicker(app, model),
    model && !compareModel
      ? iconButton({
          label: l10n.t('Compare with another model'),
          icon: 'split-horizontal',
          disabledReason: app.state.runningTurnId === null ? undefined : l10n.t('an answer is under way'),
          onClick: () => void app.call('chooseModel', { purpose: 'compare' }),
        })
      : null,
  );
}

/** Opens VS Code's own list, which finds one of a thousand models by a few letters. */
function modelPicker(app: App, model: PanelModel | null): VNode {
  return element(
    'button',
    {
      type: 'button',
      class: 'model-picker',
      'aria-label': model ? l10n.t('Model: {0}. Choose another one', model.name) : l10n.t('Choose a model'),
      'aria-haspopup': 'listbox',
      title: model ? `${model.name}\n${model.uri}` : l10n.t('Choose a model'),
      onClick: () => void app.call('chooseModel', { purpose: 'prompt' }),
    },
    element('span', { class: 'model-name' }, model?.name ?? l10n.t('Choose a model')),
    model?.storeLabel ? element('span', { class: 'model-store' }, model.storeLabel) : null,
    icon('chevron-down'),
  );
}

function compareRow(app: App, model: PanelModel): VNode {
  return element(
    'div',
    { class: 'row compare-row' },
    icon('split-horizontal'),
    element('span', { class: 'grow ellipsis', title: model.uri }, l10n.t('compared with {0}', model.name)),
    iconButton({
      label: l10n.t('Stop comparing'),
      icon: 'close',
      onClick: () => void app.call('stopComparing', undefined),
    }),
  );
}

function deviceRow(app: App): VNode {
  const { device, precision, devices, runningTurnId, status } = app.state;
  const used = status.kind === 'ready' ? status.model : null;
  const disabledReason = runningTurnId === null ? undefined : l10n.t('an answer is under way');
  return element(
    'div',
    { class: 'row' },
    dropdown({
      id: 'device',
      label: l10n.t('Device'),
      hideLabel: true,
      value: device,
      options: devices.map((value) => ({
        value,
        label: value === 'auto' && used ? l10n.t('{0} · auto', deviceName(used.device)) : deviceName(value),
      })),
      disabledReason,
      title: l10n.t('Device'),
      onChange: (value) => void app.call('setDevice', { device: value as DeviceChoice, precision }),
    }),
    dropdown({
      id: 'precision',
      label: l10n.t('Precision'),
      hideLabel: true,
      value: precision,
      options: (['auto', 'fp32', 'int8', 'int4'] as const).map((value) => ({
        value,
        label: value === 'auto' && used ? l10n.t('{0} · auto', precisionName(used.precision)) : precisionName(value),
      })),
      disabledReason,
      title: l10n.t('Precision'),
      onChange: (value) => void app.call('setDevice', { device, precision: value as PrecisionChoice }),
    }),
    iconButton({
      label: l10n.t('Why not GPU?'),
      icon: 'info',
      isExpanded: app.ui.open.devices,
      onClick: () => toggleSection(app, 'devices'),
    }),
  );
}

function deviceReportView(app: App): VNode {
  const { summary, refused } = deviceReport(app.state.status);
  const rungs = refused.map((rung) =>
    element('li', { key: rung.device }, element('strong', null, rung.device), ` ${rung.reason}`),
  );
  return element(
    'div',
    { class: 'device-report', role: 'region', 'aria-label': l10n.t('Why not GPU?') },
    element('p', null, summary),
    rungs.length > 0 ? element('ol', null, ...rungs) : null,
  );
}

/** What the newest answer says went wrong; the status line does not say it twice. */
function lastError({ state }: App): string | undefined {
  return state.turns.at(-1)?.answers.at(-1)?.error?.message;
}

function statusView(app: App): View {
  const { status } = app.state;
  const isTold = status.kind === 'failed' && lastError(app) === status.error.message;
  const line = isTold
    ? { icon: 'error' as const, tone: 'error' as const, text: l10n.t('could not be loaded') }
    : statusLine(app.state);
  const isBusy = line.icon === 'ring';
  return element(
    'div',
    { class: classes('status', `status-${line.tone}`) },
    element(
      'div',
      { class: 'row status-line' },
      line.icon === 'ring' ? progressRing(line.text) : icon(line.icon),
      element('span', { class: 'status-text', title: statusDetails(status) || line.text }, line.text),
      status.kind === 'unloaded'
        ? iconButton({
            label: l10n.t('Load now'),
            icon: 'debug-start',
            onClick: () => void app.call('load', undefined),
          })
        : null,
      status.kind === 'ready' && !isBusy
        ? iconButton({
            label: l10n.t('Unload'),
            icon: 'debug-disconnect',
            onClick: () => void app.call('unload', undefined),
          })
        : null,
      status.kind === 'loading' && app.state.runningTurnId === null
        ? iconButton({
            label: l10n.t('Cancel loading'),
            icon: 'close',
            onClick: () => void app.call('stop', undefined),
          })
        : null,
    ),
    status.kind === 'loading' && status.fraction !== null ? progressBar(l10n.t('Loading'), status.fraction) : null,
    status.kind === 'failed' && !isTold ? errorActions(app, status.error, undefined) : null,
  );
}
