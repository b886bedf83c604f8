import type { SandboxCore } from '../core.ts';
import { createSeededRandom, toSeedId } from '../ids.ts';
import {
  getThing,
  type Dosage,
  type LabRecommendation,
  type Patient,
  type Plan,
  type PlanState,
  type Recommendation,
  type Resource,
} from '../state.ts';

/** How many seed plans there are. */
const seedPlanCount = 200;

const dayMs = 86_400_000;
const amounts = ['1', '2', '1-2', '1/2', '3', '1.5'];
const frequencies = [
  'once per day',
  'twice per day',
  'three times per day',
  'four times per day',
  'every morning',
  'every night',
  'every other day with a full glass of water',
  null,
];
const durations = ['30', '60', '90', 'ongoing', 'as needed', 'until symptoms resolve', null];
const takeWith = ['food', 'water', 'empty stomach', null];
const times = [['morning'], ['evening'], ['morning', 'evening'], ['bedtime'], []];
const infos = ['after breakfast', 'start low, go slow', 'pause while on antibiotics', null, null];
const messages = [
  'Good to see you today. Start with these and write to me in three weeks.',
  'As discussed: one change at a time, please.',
  'Voilà: the plan we talked about. Questions? Just call.',
  null,
  null,
];
const handouts: [name: string, type: string, category: string][] = [
  ['Sleep tips', 'Handout', 'Lifestyle'],
  ['Seven-day low-glycemic menu', 'Meal plan', 'Nutrition'],
  ['Moving with joint pain', 'Guide', 'Physical activity'],
  ['How to take your supplements', 'Infographic', 'Supplements'],
];

function pick<T>(random: () => number, choices: readonly T[]): T {
  const choice = choices[Math.floor(random() * choices.length)];
  if (choice === undefined && choices.length === 0) throw new Error('Nothing to pick from');
  return choice as T;
}

function toDosage(random: () => number, format: string | null): Dosage {
  return {
    amount: pick(random, amounts),
    frequency: pick(random, frequencies),
    duration: pick(random, durations),
    format,
    additionalInfo: pick(random, infos),
    timeOfDay: [...pick(random, times)],
  };
}

function plantResources(core: SandboxCore): Resource[] {
  return handouts.map(([name, type, category], index) => {
    const owner = [...core.state.users.values()][0];
    const practitionerId = index % 2 === 0 && owner !== undefined ? owner.id : null;
    const resource: Resource = { id: toSeedId('resource', name), practitionerId, name, type, category };
    core.state.resources.set(resource.id, resource);
    return resource;
  });
}

function plantProtocols(core: SandboxCore, lines: readonly Recommendation[]): void {
  const [owner] = core.state.users.values();
  const names = ['Sleep foundation', 'Gut reset, four weeks', 'Winter immunity', 'Healthy joints'];
  names.forEach((name, index) => {
    const id = toSeedId('protocol', name);
    core.state.protocols.set(id, {
      id,
      name,
      state: index === 3 ? 'draft' : 'active',
      practitionerId: index % 2 === 0 ? (owner?.id ?? null) : null,
      shared: index === 2,
      personalMessage: null,
      recommendations: lines.slice(index * 3, index * 3 + 3),
    });
  });
}

/** Every plan has its patient, then patients get further plans in turn, the first patient the most; nobody without plans but the last two of a clinic. */
function chooseOwner(patients: readonly Patient[], index: number, random: () => number): Patient {
  const owners = patients.slice(0, -2);
  const inTurn = owners[index];
  return inTurn ?? owners[Math.floor(random() ** 1.6 * owners.length)] ?? pick(random, owners);
}

/** Plants 200 plans in all states over nine months, protocols and handouts. Every fifth plan recommends labs. */
export function plantPlans(core: SandboxCore, nowMs: number): void {
  const { state } = core;
  const random = createSeededRandom(20260302);
  const patients = [...state.patients.values()];
  const practitioners = [...state.users.values()].filter((user) => user.type === 'Practitioner');
  const variants = [...state.variants.values()];
  const panels = [...state.labPanels.values()];
  const resources = plantResources(core);

  const toLine = (): Recommendation => {
    const variant = pick(random, variants);
    return {
      variantId: variant.id,
      refill: random() < 0.6,
      unitsToPurchase: 1 + Math.floor(random() * 3),
      takeWith: pick(random, takeWith),
      dosage: toDosage(random, getThing(state.products, variant.productId).dosage.format),
    };
  };
  plantProtocols(
    core,
    Array.from({ length: 12 }, () => toLine()),
  );

  for (let index = 0; index < seedPlanCount; index += 1) {
    const id = toSeedId('plan', String(index));
    const patient = chooseOwner(patients, index, random);
    const colleagues = practitioners.filter((user) => user.clinicId === patient.clinicId);
    const createdMs = nowMs - Math.floor((seedPlanCount - index) * 1.35 * dayMs) + Math.floor(random() * 8 * 3_600_000);
    const planState: PlanState = index % 10 === 7 ? 'draft' : index % 10 === 3 ? 'cancelled' : 'active';
    const withLabs = planState !== 'draft' && (index % 5 === 0 || index % 5 === 3);
    const empty = index % 25 === 12;
    const updatedMs = createdMs + Math.floor(random() * 2 * 3_600_000);
    const labPanels = withLabs ? [panels[((index / 5) % panels.length) | 0]] : [];
    if (withLabs && index % 20 === 0) labPanels.push(panels[(index + 3) % panels.length]);
    const labRecommendations = labPanels.flatMap((panel): LabRecommendation[] =>
      panel === undefined
        ? []
        : [
            {
              id: toSeedId('lab-recommendation', `${index}/${panel.name}`),
              panelId: panel.id,
              name: panel.name,
              requiresFasting: panel.requiresFasting,
              instructions: panel.instructions,
              tests: panel.tests.map((test) => ({ ...test })),
            },
          ],
    );
    const plan: Plan = {
      id,
      clinicId: patient.clinicId,
      patientId: patient.id,
      practitionerId: pick(random, colleagues).id,
      state: planState,
      availableOn: planState === 'draft' ? null : new Date(updatedMs).toISOString().slice(0, 10),
      createdAt: new Date(createdMs).toISOString(),
      updatedAt: new Date(updatedMs).toISOString(),
      invitationCode: id.slice(0, 8),
      personalMessage: pick(random, messages),
      recommendations: empty ? [] : Array.from({ length: 1 + Math.floor(random() * 5) }, () => toLine()),
      resources: index % 6 === 0 ? [pick(random, resources)] : [],
      labRecommendations,
      metadataId: null,
      source: index % 3 === 0 ? 'api' : 'app',
    };
    state.plans.set(id, plan);
  }
}
