import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { l10n } from '../../../src/core/l10n.js';
import { signatureForm } from '../../../src/core/signature/signatureForm.js';
import { fieldLabel, problemText } from '../../../src/core/signature/formTexts.js';
import { describeNode } from '../../../src/host/tree/describeNode.js';
import { readTexts } from '../../../webview/shared/texts.js';

describe('texts of the interface', () => {
  after(() => l10n.configure({}));

  it('are English without a translation, with their arguments in place', () => {
    l10n.configure({});
    assert.equal(l10n.t('{0} of {1} {0} {2}', 'a', 2), 'a of 2 a {2}');
    assert.equal(l10n.t('constructor'), 'constructor');
  });

  it('are those of the bundle, also in other words order, in the tree and in forms', () => {
    l10n.configure({ '{0} is required.': 'Bitte {0} angeben.', Text: 'Text!', Experiments: 'Experimente' });
    assert.equal(problemText({ kind: 'required' }, 'name'), 'Bitte name angeben.');
    const form = signatureForm(null, { task: 'text-classification' });
    assert.equal(form.fields[0] && fieldLabel(form.fields[0], form), 'Text!');
    const group = { kind: 'group', id: '', parent: undefined, group: 'experiments', storeUri: '' } as const;
    assert.equal(describeNode(group, 0).label, 'Experimente');
  });

  it('reach a webview as data in its page', () => {
    const page = { getElementById: () => ({ textContent: '{"Run": "Los"}' }) } as unknown as Document;
    readTexts(page);
    assert.equal(l10n.t('Run'), 'Los');
  });

  it('are looked up by the same function whichever bundle configured them', async () => {
    l10n.configure({ Name: 'Nom' });
    const module = '../../../src/core/l10n.js?another';
    const other = ((await import(module)) as { l10n: typeof l10n }).l10n;
    assert.notEqual(other, l10n);
    assert.equal(other.t('Name'), 'Nom');
  });
});
