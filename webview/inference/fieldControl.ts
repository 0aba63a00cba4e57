import type { VNode } from 'preact';
import { l10n } from '../../src/core/l10n.js';
import { fieldLabel, fieldPlaceholder } from '../../src/core/signature/formTexts.js';
import type { FormField, SignatureForm } from '../../src/core/signature/formFields.js';
import { element } from '../shared/dom.js';
import { button } from '../ui/button.js';
import { dropdown } from '../ui/dropdown.js';
import { textArea, textField } from '../ui/textField.js';
import type { App } from './app.js';

export interface FieldControlProps {
  app: App;
  form: SignatureForm;
  field: FormField;
  id: string;
  value: string;
  error: string | undefined;
  hideLabel?: boolean;
  /** Beside the label; the type unless told. */
  hint?: string;
  placeholder?: string;
  onInput: (text: string) => void;
  /** Given whether Enter is part of what is typed. */
  onKeyDown: (isMultiline: boolean) => (event: KeyboardEvent) => void;
}

/** The control of one field, by its type. */
export function fieldControl(props: FieldControlProps): VNode {
  const { form, field, id, value, error, onInput } = props;
  const hint = props.hint ?? (field.isRequired ? field.typeText : l10n.t('{0}, optional', field.typeText));
  const placeholder = props.placeholder ?? fieldPlaceholder(field);
  const label = fieldLabel(field, form);
  const common = {
    id,
    label,
    hint,
    value,
    error,
    hideLabel: props.hideLabel ?? false,
    onInput,
    ...(placeholder === undefined ? {} : { placeholder }),
  };
  switch (field.control) {
    case 'boolean':
      return dropdown({
        id,
        label,
        hint,
        error,
        value,
        options: [
          { value: '', label: field.isRequired ? l10n.t('Choose…') : l10n.t('Not set') },
          { value: 'true', label: 'true' },
          { value: 'false', label: 'false' },
        ],
        onChange: onInput,
      });
    case 'number':
    case 'datetime':
      return textField({ ...common, onKeyDown: props.onKeyDown(false) });
    case 'file':
      return fileControl(props, textField({ ...common, onKeyDown: props.onKeyDown(false) }));
    case 'json':
      return textArea({ ...common, isMonospace: true, onKeyDown: props.onKeyDown(true) });
    case 'lines':
      return textArea({ ...common, onKeyDown: props.onKeyDown(true) });
    case 'text':
      return textArea({ ...common, onKeyDown: props.onKeyDown(false) });
  }
}

function fileControl({ app, field, onInput }: FieldControlProps, control: VNode): VNode {
  const choose = async (): Promise<void> => {
    const path = await app.call('chooseFile', { kind: field.fileKind ?? 'any' });
    if (path) onInput(path);
  };
  return element(
    'div',
    { class: 'row file-field' },
    element('div', { class: 'grow' }, control),
    button({
      label: l10n.t('Choose file'),
      icon: 'folder-opened',
      appearance: 'secondary',
      onClick: () => void choose(),
    }),
  );
}
