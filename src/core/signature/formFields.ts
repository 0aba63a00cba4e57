import type { DataType } from './dataTypeNames.js';
import type { FormDraft } from './formDraft.js';

/** How a value is typed in. `lines` is one item a line. */
export type FieldControl = 'text' | 'lines' | 'number' | 'boolean' | 'datetime' | 'file' | 'json';

/** One control of a form made from a signature. */
export interface FormField {
  /** Column or param name; empty for the only unnamed input, its position for one of several. */
  name: string;
  /** In MLflow's words: `Array(string)`. */
  typeText: string;
  control: FieldControl;
  /** MLflow's type of the value, or of each line. */
  scalar: DataType;
  isRequired: boolean;
  /** What kind of file `file` means. */
  fileKind?: 'image' | 'audio' | 'any';
  /** What a field without a telling name is for. */
  purpose?: 'prompt' | 'text' | 'masked';
}

/** A field with a default that may be left alone. */
export interface ParamField extends FormField {
  /** As its control shows it; `null` without one. */
  defaultText: string | null;
  /** Where the value goes: MLflow's params, or the data record (the optional columns of the `llm/v1` schemas). */
  target: 'params' | 'data';
}

/**
 * What a model asks for. `text`: one unnamed value. `record`: named columns. `row`: several unnamed columns. `chat`: messages.
 * `json`: what has no better control, such as tensors.
 */
export interface SignatureForm {
  kind: 'text' | 'record' | 'row' | 'chat' | 'json';
  /** Turns build on each other and text is streamed. */
  isConversation: boolean;
  fields: FormField[];
  params: ParamField[];
  /** The input example that was saved with the model. */
  example: FormDraft | null;
  /** What the user should know of the form. */
  note: 'noSignature' | 'tensors' | null;
}
