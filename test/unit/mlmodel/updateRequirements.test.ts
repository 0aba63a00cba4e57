import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { updateRequirements } from '../../../src/core/mlmodel/updateRequirements.js';

const texts = {
  conda:
    'channels:\n- conda-forge\ndependencies:\n- python=3.11.7\n- pip<=26.3\n- pip:\n  - mlflow==3.17.2\n  - numpy==1.0\nname: mlflow-env\n',
  requirements: 'mlflow==3.17.2\nnumpy==1.0',
};

describe('updateRequirements', () => {
  it('a package is replaced where it stands, a new one comes last, names become lower case', () => {
    const updated = updateRequirements(texts, 'add', ['NumPy==2.0', 'Scipy>=1,<2']);
    assert.equal(updated.requirements, 'mlflow==3.17.2\nnumpy==2.0\nscipy<2,>=1');
    assert.equal(updated.conda, texts.conda.replace('  - numpy==1.0\n', '  - numpy==2.0\n  - scipy<2,>=1\n'));
  });

  it('a package is removed whatever version is named', () => {
    assert.equal(updateRequirements(texts, 'remove', ['numpy>5']).requirements, 'mlflow==3.17.2');
  });

  it('what is no requirement is refused', () => {
    assert.throws(
      () => updateRequirements(texts, 'add', ['a b']),
      /^MlflowError: Found invalid requirements: \{'a b': /,
    );
    assert.throws(
      () => updateRequirements({ ...texts, requirements: '-c constraints.txt' }, 'add', ['a']),
      /contain '-c constraints.txt'/,
    );
  });
});
