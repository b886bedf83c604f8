/**
 * Writes `src/graphql/generated/` out of `schema/`: the resolver types, and the SDL as a string so that a build needs no other files.
 * `npm run codegen` writes; `npm run codegen -- --check` writes nothing and exits 1 when a file is out of date.
 */
import { readFile, readdir, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codegen } from '@graphql-codegen/core';
import * as typescriptPlugin from '@graphql-codegen/typescript';
import * as resolversPlugin from '@graphql-codegen/typescript-resolvers';
import { parse } from 'graphql';
import { format, resolveConfig } from 'prettier';

const schemaFolder = new URL('./schema/', import.meta.url).pathname;
const outputFolder = new URL('./src/graphql/generated/', import.meta.url).pathname;

/** Types whose resolvers start from something of ours rather than from the finished GraphQL object. */
const parentTypes = [
  'Patient',
  'Practitioner',
  'Chart',
  'FullscriptAccount',
  'FullscriptClinic',
  'FullscriptPatientAccount',
  'FullscriptTreatmentPlan',
  'FullscriptTreatmentPlanConnection',
  'FullscriptRecommendation',
  'FullscriptLabRecommendation',
  'FullscriptLabOrder',
  'FullscriptLabOrderConnection',
  'FullscriptLabResult',
  'FullscriptProductVariant',
  'FullscriptChartImport',
  'FullscriptRevocation',
  'FullscriptViewer',
  'FullscriptDosage',
  'FullscriptChartItem',
  'FullscriptLabReview',
  'FullscriptPatientCandidate',
  'FullscriptPatientChange',
];

async function readSchema(): Promise<string> {
  const names = (await readdir(schemaFolder)).filter((name) => name.endsWith('.graphql')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(schemaFolder, name), 'utf8')));
  return texts.map((text) => text.trim()).join('\n\n') + '\n';
}

async function generateTypes(sdl: string): Promise<string> {
  const options = {
    useTypeImports: true,
    immutableTypes: true,
    enumsAsTypes: true,
    skipTypename: true,
    resolversNonOptionalTypename: { unionMember: true },
    strictScalars: true,
    scalars: { DateTime: 'string', Date: 'string', _FieldSet: 'string', ID: { input: 'string', output: 'string' } },
    federation: true,
    contextType: '../context.ts#Context',
    emitLegacyCommonJSImports: false,
    mappers: Object.fromEntries(parentTypes.map((type) => [type, `../parents.ts#${type}Parent`])),
  };
  return await codegen({
    filename: 'types.ts',
    schema: parse(sdl),
    documents: [],
    config: options,
    plugins: [{ typescript: {} }, { resolvers: {} }],
    pluginMap: { typescript: typescriptPlugin, resolvers: resolversPlugin },
  });
}

function toSdlModule(sdl: string): string {
  const text = sdl.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${');
  return `/** The subgraph's schema: all of schema/*.graphql, one after the other. */\nexport const sdl = \`${text}\`;\n`;
}

async function main(check: boolean): Promise<void> {
  const sdl = await readSchema();
  const header = '// Written by codegen.ts from schema/*.graphql. Change those and run `npm run codegen`.\n';
  const outputs = { 'types.ts': await generateTypes(sdl), 'sdl.ts': toSdlModule(sdl) };
  const outdated: string[] = [];
  await mkdir(outputFolder, { recursive: true });
  for (const [name, text] of Object.entries(outputs)) {
    const path = join(outputFolder, name);
    const style = (await resolveConfig(path)) ?? {};
    const wanted = await format(header + text, { ...style, filepath: path });
    const present = await readFile(path, 'utf8').catch(() => null);
    if (present === wanted) continue;
    outdated.push(name);
    if (!check) await writeFile(path, wanted);
  }
  if (outdated.length === 0) console.log('src/graphql/generated is up to date');
  else if (!check) console.log(`Wrote ${outdated.join(', ')}`);
  else {
    console.error(`src/graphql/generated is out of date (${outdated.join(', ')}): run npm run codegen`);
    process.exitCode = 1;
  }
}

await main(process.argv.includes('--check'));
