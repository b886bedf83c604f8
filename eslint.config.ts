import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const environment = {
  object: 'process',
  property: 'env',
  message: 'Only src/config.ts reads the environment; everything else is given a Config.',
};

export default defineConfig(
  {
    ignores: [
      'dist/',
      'data/',
      'coverage/',
      'src/graphql/generated/',
      'src/demo/page/',
      '**/*.js',
      '.dependency-cruiser.cjs',
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      'no-console': 'error',
      'no-restricted-properties': ['error', environment],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      // Numbers in messages are plain.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Interfaces ask for promises where one implementation has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      // Short arrows that hand on what they call.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // `_` names what an interface gives and nobody needs.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // What `createX` gives is made of closures; nothing here depends on `this`.
      '@typescript-eslint/unbound-method': 'off',
      // TypeORM's rows and error classes are made of nothing else.
      '@typescript-eslint/no-extraneous-class': 'off',
    },
  },
  // The sandbox is a program of its own that knows nothing of the product.
  { files: ['src/config.ts', 'src/sandbox/main.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    // An argument with a default can be sent as null, which the generated types leave out.
    files: ['src/graphql/resolvers/**'],
    rules: { '@typescript-eslint/no-unnecessary-condition': 'off' },
  },
  {
    files: ['codegen.ts', 'check-schema.ts', 'src/demo/**', 'src/sandbox/**', 'test/bench/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['test/**'],
    rules: {
      'no-restricted-properties': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
    },
  },
);
