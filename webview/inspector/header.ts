import { l10n } from '../../src/core/l10n.js';
import { formatBytes, formatCount } from '../../src/core/format.js';
import type { InspectorModel, InspectorProblem, ModelFacts } from '../../src/core/inspector/inspectorModel.js';
import type { InspectorState } from '../../src/protocol/inspector.js';
import { classes, element, type View } from '../shared/dom.js';
import { unbroken } from '../shared/unbroken.js';
import { tag } from '../ui/badge.js';
import { button, iconButton } from '../ui/button.js';
import { icon } from '../ui/icon.js';
import type { PageContext } from './inspectorPort.js';

/** Name, facts in a line, and what can be done with the model. */
export function pageHeader(model: InspectorModel, state: InspectorState, { port }: PageContext): View {
  const { facts } = model;
  const name = state.storeName ?? model.name;
  return element(
    'header',
    { class: 'page-header' },
    element(
      'div',
      { class: 'title-row' },
      element(
        'h1',
        { title: name },
        icon(facts.isReferenceOnly ? 'references' : 'symbol-method'),
        element('span', { class: 'name' }, name),
      ),
      facts.isReferenceOnly
        ? tag(l10n.t('reference only'), l10n.t('The weights are not stored with the model.'))
        : null,
      facts.isAdapter ? tag(l10n.t('adapter'), l10n.t('A PEFT adapter on a base model.')) : null,
      facts.hasCode
        ? tag(l10n.t('brings code'), l10n.t('The code that comes with this model is never executed here.'))
        : null,
      actions(facts, state, port),
    ),
    element('p', { class: 'facts' }, unbroken(factLine(facts))),
  );
}

function actions({ isReferenceOnly }: ModelFacts, state: InspectorState, port: PageContext['port']): View {
  const refusal = state.trialRefusal;
  return element(
    'div',
    { class: 'actions', role: 'toolbar', 'aria-label': l10n.t('Model') },
    button({
      label: l10n.t('Prompt'),
      icon: 'play',
      disabledReason: refusal?.message,
      onClick: () => port.start('prompt'),
    }),
    state.canPersist && refusal?.action === 'persistWeights'
      ? button({
          label: l10n.t('Persist weights'),
          icon: 'cloud-download',
          appearance: 'secondary',
          onClick: () => port.start('persistWeights'),
        })
      : null,
    state.canRegister
      ? button({
          label: l10n.t('Register'),
          icon: 'library',
          appearance: 'secondary',
          disabledReason: isReferenceOnly ? l10n.t('Persist the weights first') : undefined,
          onClick: () => port.start('register'),
        })
      : null,
    iconButton({ label: l10n.t('Copy URI'), icon: 'copy', onClick: () => port.start('copyUri') }),
    iconButton({ label: l10n.t('Copy load snippet'), icon: 'file-code', onClick: () => port.start('copySnippet') }),
    iconButton({ label: l10n.t('Open as text'), icon: 'json', onClick: () => port.start('openText') }),
  );
}

function factLine(facts: ModelFacts): string {
  const weights = [
    facts.weightsBytes === null ? undefined : formatBytes(facts.weightsBytes),
    facts.dtypes.length === 0 ? undefined : facts.dtypes.slice(0, 3).join(' + '),
  ].filter((part) => part !== undefined);
  const parts = [
    facts.inferenceTask ?? facts.task ?? facts.flavors.join(', '),
    facts.modelClass,
    facts.parameterCount === null ? null : l10n.t('{0} parameters', formatCount(facts.parameterCount)),
    weights.length === 0 ? null : weights.join(' '),
    facts.mlflowVersion === null ? null : `MLflow ${facts.mlflowVersion}`,
    facts.transformersVersion === null ? null : `transformers ${facts.transformersVersion}`,
  ];
  return parts.filter((part) => part !== null && part !== '').join(' · ');
}

/** What is wrong with the model, each with the way to its place. */
export function problemList(model: InspectorModel, context: PageContext): View {
  const { problems } = model;
  if (problems.length === 0) return null;
  const { showsProblems } = context.page;
  const areNotes = problems.every(({ severity }) => severity === 'info');
  return element(
    'section',
    {
      class: classes('problems', areNotes && 'notes'),
      'aria-label': areNotes ? l10n.t('Notes') : l10n.t('Problems'),
    },
    element(
      'button',
      {
        type: 'button',
        class: 'problems-toggle',
        'aria-expanded': showsProblems,
        onClick: () => context.update({ showsProblems: !showsProblems }),
      },
      icon(showsProblems ? 'chevron-down' : 'chevron-right'),
      areNotes ? noteCount(problems.length) : problemCount(problems.length),
    ),
    showsProblems ? element('ul', null, ...problems.map((problem) => problemRow(problem, context))) : null,
  );
}

function problemCount(count: number): string {
  return count === 1 ? l10n.t('1 problem') : l10n.t('{0} problems', count);
}

function noteCount(count: number): string {
  return count === 1 ? l10n.t('1 note') : l10n.t('{0} notes', count);
}

function problemRow(problem: InspectorProblem, { port }: PageContext): View {
  const { severity, message, line } = problem;
  return element(
    'li',
    { class: `problem ${severity}` },
    icon(severity),
    element('span', null, message),
    button({
      label: l10n.t('Show'),
      title: l10n.t('Show line {0} of MLmodel', line),
      appearance: 'secondary',
      onClick: () => port.request('openFile', { path: 'MLmodel', line }),
    }),
  );
}
