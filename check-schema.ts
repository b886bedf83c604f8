/**
 * Checks the subgraph's schema: every type, field, argument, input field and enum value of ours is described, and it composes with the
 * demo EMR's schema. Exits 1 and lists what is wrong.
 */
import { parse, print, visit, type NameNode, type StringValueNode } from 'graphql';
import { emrTypeDefs } from './src/demo/emr/schema.ts';
import { composeSupergraph } from './src/demo/supergraph.ts';
import { sdl } from './src/graphql/generated/sdl.ts';

interface Described {
  readonly name: NameNode;
  readonly description?: StringValueNode | undefined;
}

function findUndescribed(text: string): string[] {
  const missing: string[] = [];
  const path: string[] = [];
  const look = {
    enter(node: Described) {
      path.push(node.name.value);
      if (node.description === undefined || node.description.value.trim() === '') missing.push(path.join('.'));
    },
    leave() {
      path.pop();
    },
  };
  const through = {
    enter(node: { readonly name: NameNode }) {
      path.push(node.name.value);
    },
    leave() {
      path.pop();
    },
  };
  visit(parse(text), {
    ScalarTypeDefinition: look,
    ObjectTypeDefinition: look,
    InterfaceTypeDefinition: look,
    UnionTypeDefinition: look,
    EnumTypeDefinition: look,
    EnumValueDefinition: look,
    InputObjectTypeDefinition: look,
    InputValueDefinition: look,
    FieldDefinition: look,
    ObjectTypeExtension: through,
  });
  return missing;
}

const faults = findUndescribed(sdl).map((coordinate) => `${coordinate} is not described`);
try {
  composeSupergraph([
    { name: 'emr', url: 'http://127.0.0.1/emr', sdl: print(emrTypeDefs) },
    { name: 'fullscript', url: 'http://127.0.0.1/fullscript', sdl },
  ]);
} catch (error) {
  faults.push(error instanceof Error ? error.message : String(error));
}
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exitCode = 1;
} else {
  console.log('The schema is described throughout and composes with the EMR');
}
