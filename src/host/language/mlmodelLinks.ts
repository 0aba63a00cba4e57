import { DocumentLink, Range, Uri, type DocumentLinkProvider, type TextDocument } from 'vscode';
import { topLevelKeys, type OutlineKey } from './mlmodelOutline.js';

/** Keys whose values name files beside the MLmodel. */
const fileKeys = new Set([
  'flavors.python_function.env.conda',
  'flavors.python_function.env.virtualenv',
  'saved_input_example_info.artifact_path',
  'saved_input_example_info.serving_input_path',
]);

/** Keys whose values name a repository on the Hub. */
const repositoryKey =
  /^flavors\.transformers\.(source_model|tokenizer|feature_extractor|image_processor|processor)_name$/;

/** Makes file names and repository names clickable. */
export class MlmodelLinks implements DocumentLinkProvider {
  provideDocumentLinks(document: TextDocument): DocumentLink[] {
    return topLevelKeys(document.getText()).flatMap((key) => {
      const target = linkTarget(key, document.uri);
      if (target === undefined) return [];
      const start = document.lineAt(key.line).text.indexOf(key.value);
      return [new DocumentLink(new Range(key.line, start, key.line, start + key.value.length), target)];
    });
  }
}

function linkTarget({ path, value }: OutlineKey, document: Uri): Uri | undefined {
  if (fileKeys.has(path) && /^[\w.-]+$/.test(value)) return Uri.joinPath(document, '..', value);
  if (repositoryKey.test(path) && /^[\w-][\w.-]*\/[\w.-]+$/.test(value)) {
    return Uri.parse(`https://huggingface.co/${value}`, true);
  }
  return undefined;
}
