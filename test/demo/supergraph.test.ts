import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { buildSchema, parse, print, validate } from 'graphql';
import { transformSupergraphToPublicSchema } from '@theguild/federation-composition';
import { beforeAll, describe, expect, it } from 'vitest';

import { emrTypeDefs } from '../../src/demo/emr/schema.ts';
import { composeSupergraph } from '../../src/demo/supergraph.ts';
import { fillVariables, getWalkthroughStep, readRemembered, walkthroughSteps } from '../../src/demo/walkthrough.ts';

const schemaFolder = fileURLToPath(new URL('../../schema/', import.meta.url));
const emr = { name: 'emr', url: 'http://127.0.0.1/emr', sdl: print(emrTypeDefs) };
let ours: { name: string; url: string; sdl: string };

beforeAll(async () => {
  const files = (await readdir(schemaFolder)).filter((file) => file.endsWith('.graphql'));
  const parts = await Promise.all(files.map((file) => readFile(`${schemaFolder}${file}`, 'utf8')));
  ours = { name: 'fullscript', url: 'http://127.0.0.1/fullscript', sdl: parts.join('\n') };
});

describe('composeSupergraph', () => {
  it('joins the EMR’s and our own schema', () => {
    const publicSdl = print(transformSupergraphToPublicSchema(parse(composeSupergraph([emr, ours]))));
    const schema = buildSchema(publicSdl);
    const document = parse(`{
      patients(ids: ["p-1001"]) { lastName charts { id fullscriptImports { outdated } } treatmentPlans { totalCount } }
      fullscriptTreatmentPlan(id: "x") { patient { email } practitioner { lastName connectionStatus } }
    }`);
    expect(validate(schema, document)).toEqual([]);
  });

  it('names what two subgraphs disagree about', () => {
    const other = { ...emr, name: 'other', sdl: 'type Query { chart: Int } type Patient { id: Int }' };
    expect(() => composeSupergraph([emr, other])).toThrow(/do not compose[\s\S]*Patient/);
  });
});

describe('walkthroughSteps', () => {
  it('are all valid against the composed supergraph, with names of their own', () => {
    const publicSdl = print(transformSupergraphToPublicSchema(parse(composeSupergraph([emr, ours]))));
    const schema = buildSchema(publicSdl);
    const faults = walkthroughSteps.flatMap((step) =>
      validate(schema, parse(step.query)).map((error) => `${step.id}: ${error.message}`),
    );
    expect(faults).toEqual([]);
    expect(new Set(walkthroughSteps.map((step) => step.operationName)).size).toBe(walkthroughSteps.length);
    expect(new Set(walkthroughSteps.map((step) => step.id)).size).toBe(walkthroughSteps.length);
  });

  it('need only what an earlier step, or the authorization page, gives', () => {
    const known: Record<string, string> = { code: 'from the authorization page' };
    for (const step of walkthroughSteps) {
      expect(() => fillVariables(step, known)).not.toThrow();
      for (const name of Object.keys(step.remembers)) known[name] = 'remembered';
    }
  });

  it('pass values on by name and say when one is missing', () => {
    const plan = getWalkthroughStep('plan');
    const data = { patient: { treatmentPlans: { nodes: Array(6).fill({ id: 'a "quoted" id' }) } } };
    const remembered = readRemembered(getWalkthroughStep('patient'), data);
    expect(fillVariables(plan, remembered)).toEqual({ id: 'a "quoted" id' });
    expect(() => fillVariables(plan, {})).toThrow(/planId/);
    expect(() => readRemembered(getWalkthroughStep('patient'), { patient: null })).toThrow(/nodes/);
  });
});
