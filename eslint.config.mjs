import tseslint from 'typescript-eslint';

const nativeRuntimes = ['onnxruntime-node', 'onnxruntime-common', '@huggingface/transformers', 'sharp'];
const toolkit = { name: '@vscode/webview-ui-toolkit', message: 'Only webview/ui may import the toolkit.' };

/** One rule a floor: what the files below `folder` may not import. Floors: core <- protocol <- worker, webview, host <- extension.ts. */
function layer(folder, { packages = [], folders = [] }) {
  return {
    files: [`${folder}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [...packages.map((name) => ({ name, message: `${folder} must not import ${name}.` })), toolkit],
          patterns: folders.map((name) => ({
            group: [`**/${name}/**`],
            message: `${folder} must not import ${name}.`,
          })),
        },
      ],
    },
  };
}

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'samples/', '.sample-workspace/', '.test-results/', 'test/fixtures/'] },
  ...tseslint.configs.recommended,
  {
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  layer('src/core', {
    packages: ['vscode', ...nativeRuntimes],
    folders: ['protocol', 'worker', 'storeThread', 'host', 'webview'],
  }),
  layer('src/protocol', {
    packages: ['vscode', ...nativeRuntimes],
    folders: ['worker', 'storeThread', 'host', 'webview'],
  }),
  layer('src/worker', { packages: ['vscode'], folders: ['storeThread', 'host', 'webview'] }),
  layer('src/storeThread', { packages: ['vscode', ...nativeRuntimes], folders: ['worker', 'host', 'webview'] }),
  layer('src/host', { packages: nativeRuntimes, folders: ['worker', 'storeThread', 'webview'] }),
  layer('webview', { packages: ['vscode', ...nativeRuntimes], folders: ['worker', 'storeThread', 'host'] }),
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  { files: ['webview/ui/**/*.ts'], rules: { 'no-restricted-imports': 'off' } },
  { files: ['scripts/**', 'test/**', '*.mjs', 'src/cli.ts'], rules: { 'no-console': 'off' } },
);
