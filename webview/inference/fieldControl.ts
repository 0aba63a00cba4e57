import type { VNode } from 'preact';
import type { FormField } from '../../src/protocol/panelForm.js';
import { element } from '../shared/dom.js';
import { button } from '../ui/button.js';
import { dropdown } from '../ui/dropdown.js';
import { textArea, textField } from '../ui/textField.js';
import type { App } from './app.js';

export interface FieldControlProps {
  app: App;
  field: FormField;
  id: string;
  value: string;
  error: string | undefined;
  hideLabel?: boolean;
  placeholder?: string;
  onInput: (text: string) => void;
  /** Given whether Enter is part of what is typed. */
  onKeyDown: (isMultiline: boolean) => (event: KeyboardEvent) => void;
}

/** The control of one field, by its type. */
export function fieldControl(props: FieldControlProps): VNode {
  const { field, id, value, error, onInput } = props;
  const hint = field.isRequired ? field.typeText : `${field.typeText}, optional`;
  const placeholder = props.placeholder ?? field.placeholder;
  const common = {
    id,
    label: field.label,
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
        label: field.label,
        hint,
        error,
        value,
        options: [
          { value: '', label: field.isRequired ? 'Choose…' : 'Not set' },
          { value: 'true', label: 'true' },
          { value: 'false', label: 'false' },
        ],
        onChange: onInput,
      });
    case 'number':
    case 'datetime':
      return textField({ ...common, onKeyDown: props.onKeyDown(false) });
    case 'file':
      return fileControl(
        props,
        textField({ ...common, placeholder: 'Path or address', onKeyDown: props.onKeyDown(false) }),
      );
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
    button({ label: 'Choose file', icon: 'folder-opened', appearance: 'secondary', onClick: () => void choose() }),
  );
}
