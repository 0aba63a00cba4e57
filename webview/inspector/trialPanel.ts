import { l10n } from '../../src/core/l10n.js';
import { mediaOfTask } from '../../src/core/signature/mediaOfTask.js';
import type { InspectorState, Trial } from '../../src/protocol/inspector.js';
import { element, type View } from '../shared/dom.js';
import { button } from '../ui/button.js';
import { icon } from '../ui/icon.js';
import { progressBar } from '../ui/progressRing.js';
import { textArea, textField } from '../ui/textField.js';
import type { PageContext } from './inspectorPort.js';

/** Asks the model once, and says whether the answer is what the signature promises. */
export function trialPanel(state: InspectorState, { port, page, update }: PageContext): View {
  const { trial, trialRefusal } = state;
  const input = page.trialInput ?? state.exampleInput;
  const isBusy = trial.status === 'loading' || trial.status === 'running';
  const refused = trialRefusal?.message;
  const noInput = input.trim() === '' ? l10n.t('Enter an input first') : undefined;
  const run = (): void => {
    if (refused === undefined && noInput === undefined) port.request('tryOut', { input, params: page.trialParams });
  };
  const hasParams = (state.model?.signature?.params.length ?? 0) > 0;
  return element(
    'div',
    { class: 'trial', role: 'group', 'aria-labelledby': 'trial-title' },
    element('h3', { id: 'trial-title' }, l10n.t('Try it')),
    textArea({
      id: 'trial-input',
      label: l10n.t('Input'),
      hideLabel: true,
      value: input,
      placeholder: inputPlaceholder(state.model?.facts.task ?? ''),
      minRows: 2,
      maxRows: 10,
      disabledReason: refused,
      onInput: (value) => update({ trialInput: value }),
      onKeyDown: (event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) run();
        if (event.key === 'Escape' && isBusy) port.request('stopTrial', undefined);
      },
    }),
    hasParams
      ? textField({
          id: 'trial-params',
          label: l10n.t('Params'),
          hint: 'JSON',
          value: page.trialParams,
          placeholder: '{}',
          disabledReason: refused,
          onInput: (value) => update({ trialParams: value }),
        })
      : null,
    element(
      'div',
      { class: 'trial-actions' },
      isBusy
        ? button({
            label: l10n.t('Stop'),
            icon: 'debug-stop',
            appearance: 'secondary',
            onClick: () => port.request('stopTrial', undefined),
          })
        : button({
            label: l10n.t('Run'),
            icon: 'play',
            title: 'Ctrl+Enter',
            disabledReason: refused ?? noInput,
            onClick: run,
          }),
      trialRefusal === null ? null : refusal(trialRefusal, state, port),
    ),
    element('div', { class: 'trial-result', 'aria-live': 'polite' }, ...result(trial)),
  );
}

function inputPlaceholder(task: string): string {
  switch (mediaOfTask(task)) {
    case 'image':
      return l10n.t('Path or address of an image');
    case 'audio':
      return l10n.t('Path or address of a sound');
    case null:
      return l10n.t('A text, or JSON');
  }
}

function refusal(
  { message, action }: NonNullable<InspectorState['trialRefusal']>,
  state: InspectorState,
  port: PageContext['port'],
): View {
  const isOffered = action === 'manageTrust' || (action === 'persistWeights' && state.canPersist);
  return element(
    'span',
    { class: 'hint' },
    message,
    ' ',
    isOffered && action !== null
      ? element(
          'a',
          { href: '#', onClick: (event: Event) => (event.preventDefault(), port.start(action)) },
          action === 'manageTrust' ? l10n.t('Manage trust') : l10n.t('Persist weights'),
        )
      : null,
  );
}

function result(trial: Trial): View[] {
  switch (trial.status) {
    case 'idle':
      return [];
    case 'loading':
      return [
        progressBar(l10n.t('Loading the model'), trial.fraction),
        element('p', { class: 'hint' }, `${trial.message}…`),
      ];
    case 'running':
      return [element('pre', { class: 'trial-output' }, trial.text === '' ? '…' : trial.text)];
    case 'failed':
      return [element('p', { class: 'ui-error', role: 'alert' }, trial.message)];
    case 'done':
      return [
        element('pre', { class: 'trial-output', tabIndex: 0 }, trial.output, trial.isCut ? '\n…' : ''),
        comparison(trial),
        element('p', { class: 'hint' }, trial.note),
      ];
  }
}

function comparison({ comparison }: Extract<Trial, { status: 'done' }>): View {
  if (comparison === null) return null;
  if (comparison.matches) {
    return element('p', { class: 'match' }, icon('check'), l10n.t('Matches the output signature'));
  }
  return element(
    'div',
    { class: 'mismatch' },
    element('p', null, icon('warning'), l10n.t('Does not match the output signature')),
    element('ul', null, ...comparison.differences.map((difference) => element('li', null, difference))),
  );
}
