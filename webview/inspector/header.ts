import { formatBytes, formatCount } from '../../src/core/format.js';
import type { InspectorModel, InspectorProblem, ModelFacts } from '../../src/core/inspector/inspectorModel.js';
import type { InspectorState } from '../../src/protocol/inspector.js';
import { classes, element, type View } from '../shared/dom.js';
import { tag } from '../ui/badge.js';
import { button, iconButton } from '../ui/button.js';
import { icon } from '../ui/icon.js';
import type { PageContext } from './inspectorPort.js';

/** Name, facts in a line, and what can be done with the model. */
export function pageHeader(model: InspectorModel, state: InspectorState, { port }: PageContext): View {
  const { facts } = model;
  const name = state.related.find((entry) => entry.label === 'Name')?.value ?? model.name;
  return element(
    'header',
    { class: 'page-header' },
    element(
      'div',
      { class: 'title-row' },
      element('h1', { title: model.name }, icon(facts.isReferenceOnly ? 'references' : 'symbol-method'), name),
      facts.isReferenceOnly ? tag('reference only', 'The weights are not stored with the model.') : null,
      facts.isAdapter ? tag('adapter', 'A PEFT adapter on a base model.') : null,
      facts.hasCode ? tag('brings code', 'The code that comes with this model is never executed here.') : null,
      actions(state, port),
    ),
    element('p', { class: 'facts' }, factLine(facts)),
  );
}

function actions(state: InspectorState, port: PageContext['port']): View {
  const refusal = state.trialRefusal;
  return element(
    'div',
    { class: 'actions', role: 'toolbar', 'aria-label': 'Model' },
    button({ label: 'Prompt', icon: 'play', disabledReason: refusal?.message, onClick: () => port.start('prompt') }),
    state.canPersist && refusal?.action === 'persistWeights'
      ? button({
          label: 'Persist weights',
          icon: 'cloud-download',
          appearance: 'secondary',
          onClick: () => port.start('persistWeights'),
        })
      : null,
    state.canRegister
      ? button({ label: 'Register', icon: 'library', appearance: 'secondary', onClick: () => port.start('register') })
      : null,
    iconButton({ label: 'Copy URI', icon: 'copy', onClick: () => port.start('copyUri') }),
    iconButton({ label: 'Copy load snippet', icon: 'file-code', onClick: () => port.start('copySnippet') }),
    iconButton({ label: 'Open as text', icon: 'json', onClick: () => port.start('openText') }),
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
    facts.parameterCount === null ? null : `${formatCount(facts.parameterCount)} params`,
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
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return element(
    'section',
    {
      class: classes('problems', problems.every(({ severity }) => severity === 'info') && 'notes'),
      'aria-label': 'Problems',
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
      count,
    ),
    showsProblems ? element('ul', null, ...problems.map((problem) => problemRow(problem, context))) : null,
  );
}

function problemRow(problem: InspectorProblem, { port }: PageContext): View {
  const { severity, message, line } = problem;
  return element(
    'li',
    { class: `problem ${severity}` },
    icon(severity),
    element('span', null, message),
    button({
      label: 'Show',
      title: `Show line ${line} of MLmodel`,
      appearance: 'secondary',
      onClick: () => port.request('openFile', { path: 'MLmodel', line }),
    }),
  );
}
