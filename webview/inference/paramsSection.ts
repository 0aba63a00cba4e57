import type { VNode } from 'preact';
import { l10n } from '../../src/core/l10n.js';
import type { FormDraft } from '../../src/core/signature/formDraft.js';
import type { ParamField, SignatureForm } from '../../src/core/signature/formFields.js';
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
  form: SignatureForm,
  draft: FormDraft,
  errors: Record<string, string>,
  change: (draft: FormDraft) => void,
  onKeyDown: (isMultiline: boolean) => (event: KeyboardEvent) => void,
): VNode {
  const changed = form.params.filter((param) => draft.params[param.name] !== undefined).length;
  const title = changed === 0 ? l10n.t('Params') : l10n.t('Params ({0} changed)', changed);
  return section(app, 'params', title, () =>
    form.params.length === 0
      ? element(
          'p',
          { class: 'hint' },
          l10n.t(
            'The signature of this model names no params, and MLflow drops params that it does not name. Save the model with params in its signature to set them here.',
          ),
        )
      : element(
          'div',
          { class: 'fields' },
          ...form.params.map((param) => paramRow(app, form, param, draft, errors, change, onKeyDown)),
          presets(app, draft, change),
        ),
  );
}

function paramRow(
  app: App,
  form: SignatureForm,
  param: ParamField,
  draft: FormDraft,
  errors: Record<string, string>,
  change: (draft: FormDraft) => void,
  onKeyDown: (isMultiline: boolean) => (event: KeyboardEvent) => void,
): VNode {
  const text = draft.params[param.name];
  const reset = (): void => {
    const params = Object.fromEntries(Object.entries(draft.params).filter(([name]) => name !== param.name));
    change({ ...draft, params });
  };
  const set = (value: string): void => {
    if (value === (param.defaultText ?? '')) reset();
    else change({ ...draft, params: { ...draft.params, [param.name]: value } });
  };
  const shownDefault =
    param.defaultText === null
      ? l10n.t('{0}, no default', param.typeText)
      : l10n.t('{0}, default {1}', param.typeText, param.defaultText.replaceAll('\n', ', '));
  const control = fieldControl({
    app,
    form,
    field: param,
    hint: shownDefault,
    id: `param-${param.name}`,
    value: text ?? param.defaultText ?? '',
    error: errors[`params.${param.name}`],
    onInput: set,
    onKeyDown,
  });
  return element(
    'div',
    { class: 'row param-row', key: param.name },
    element('div', { class: 'grow' }, control),
    text === undefined ? null : iconButton({ label: l10n.t('Reset {0}', param.name), icon: 'discard', onClick: reset }),
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
          link(preset.name, () => change({ ...draft, params: preset.params }), l10n.t('Apply')),
        ),
        iconButton({
          label: l10n.t('Delete preset {0}', preset.name),
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
          label: l10n.t('Preset name'),
          hideLabel: true,
          value: presetName,
          placeholder: l10n.t('Name of a new preset'),
          onInput: (name) => app.setUi((ui) => ({ ...ui, presetName: name })),
        }),
      ),
      button({
        label: l10n.t('Save preset'),
        appearance: 'secondary',
        disabledReason:
          presetName.trim() === ''
            ? l10n.t('Give the preset a name first')
            : Object.keys(draft.params).length === 0
              ? l10n.t('No param differs from its default')
              : undefined,
        onClick: save,
      }),
    ),
  );
}
