import type { VNode } from 'preact';
import { valueText, type FormDraft, type PanelForm, type ParamField } from '../../src/protocol/panelForm.js';
import { element, type View } from '../shared/dom.js';
import { link } from '../ui/badge.js';
import { button, iconButton } from '../ui/button.js';
import { textField } from '../ui/textField.js';
import type { App } from './app.js';
import { fieldControl } from './fieldControl.js';
import { section } from './section.js';

/** The params that the signature names, with their defaults, and the presets of this model. */
export function paramsSection(
  app: App,
  form: PanelForm,
  draft: FormDraft,
  errors: Record<string, string>,
  change: (draft: FormDraft) => void,
  onKeyDown: (isMultiline: boolean) => (event: KeyboardEvent) => void,
): VNode {
  const changed = form.params.filter((param) => draft.params[param.name] !== undefined).length;
  const title = changed === 0 ? 'Params' : `Params (${changed} changed)`;
  return section(app, 'params', title, () =>
    form.params.length === 0
      ? element(
          'p',
          { class: 'hint' },
          'The signature of this model names no params, and MLflow drops params that it does not name. Save the model with params in its signature to set them here.',
        )
      : element(
          'div',
          { class: 'fields' },
          ...form.params.map((param) => paramRow(app, param, draft, errors, change, onKeyDown)),
          presets(app, draft, change),
        ),
  );
}

function paramRow(
  app: App,
  param: ParamField,
  draft: FormDraft,
  errors: Record<string, string>,
  change: (draft: FormDraft) => void,
  onKeyDown: (isMultiline: boolean) => (event: KeyboardEvent) => void,
): VNode {
  const text = draft.params[param.name];
  const defaultText = valueText(param, param.defaultValue);
  const reset = (): void => {
    const params = Object.fromEntries(Object.entries(draft.params).filter(([name]) => name !== param.name));
    change({ ...draft, params });
  };
  const set = (value: string): void => {
    if (value === defaultText) reset();
    else change({ ...draft, params: { ...draft.params, [param.name]: value } });
  };
  const shownDefault = param.defaultValue === null ? 'no default' : `default ${JSON.stringify(param.defaultValue)}`;
  const control = fieldControl({
    app,
    field: { ...param, typeText: `${param.typeText}, ${shownDefault}`, isRequired: true },
    id: `param-${param.name}`,
    value: text ?? defaultText,
    error: errors[`params.${param.name}`],
    onInput: set,
    onKeyDown,
  });
  return element(
    'div',
    { class: 'row param-row', key: param.name },
    element('div', { class: 'grow' }, control),
    text === undefined ? null : iconButton({ label: `Reset ${param.name}`, icon: 'discard', onClick: reset }),
  );
}

function presets(app: App, draft: FormDraft, change: (draft: FormDraft) => void): View {
  const { presetName } = app.ui;
  const save = (): void => {
    void app.call('savePreset', { name: presetName.trim(), params: draft.params });
    app.setUi((ui) => ({ ...ui, presetName: '' }));
  };
  return element(
    'div',
    { class: 'presets' },
    ...app.state.presets.map((preset) =>
      element(
        'div',
        { class: 'row', key: preset.name },
        element(
          'span',
          { class: 'grow ellipsis' },
          link(preset.name, () => change({ ...draft, params: preset.params }), 'Apply'),
        ),
        iconButton({
          label: `Delete preset ${preset.name}`,
          icon: 'trash',
          onClick: () => void app.call('deletePreset', { name: preset.name }),
        }),
      ),
    ),
    element(
      'div',
      { class: 'row' },
      element(
        'div',
        { class: 'grow' },
        textField({
          id: 'preset-name',
          label: 'Preset name',
          hideLabel: true,
          value: presetName,
          placeholder: 'Name of a new preset',
          onInput: (name) => app.setUi((ui) => ({ ...ui, presetName: name })),
        }),
      ),
      button({
        label: 'Save preset',
        appearance: 'secondary',
        disabledReason:
          presetName.trim() === ''
            ? 'Give the preset a name first'
            : Object.keys(draft.params).length === 0
              ? 'No param differs from its default'
              : undefined,
        onClick: save,
      }),
    ),
  );
}
