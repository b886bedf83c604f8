import type { SandboxCore } from '../core.ts';
import { toSeedId } from '../ids.ts';
import { plantCatalog } from './catalog.ts';
import { plantLabOrders } from './lab-orders.ts';
import { plantOrders } from './orders.ts';
import { seedClinics, seedPassword, seedPatients, seedUsers } from './people.ts';
import { plantPlans } from './plans.ts';

const practitionerTypes: [code: string, description: string][] = [
  ['ND', 'Naturopathic Doctor'],
  ['MD', 'Medical Doctor'],
  ['DO', 'Doctor of Osteopathic Medicine'],
  ['RD', 'Registered Dietitian'],
  ['NP', 'Nurse Practitioner'],
  ['DC', 'Doctor of Chiropractic'],
];

const cities: [city: string, state: string, zipcode: string][] = [
  ['Portland', 'OR', '97209'],
  ['Boulder', 'CO', '80302'],
  ['Burlington', 'VT', '05401'],
];

const dayMs = 86_400_000;

/**
 * Fills an empty sandbox with invented clinics, people, products, plans, orders and lab orders. Ids are always the same; dates count back from now.
 * No events come of it: it is history. With `people` false only practitioner types and the catalogue are planted.
 */
export function plantSeed(core: SandboxCore, people: boolean): void {
  const { state } = core;
  const nowMs = core.now().getTime();
  for (const [code, description] of practitionerTypes) {
    const id = toSeedId('practitioner-type', code);
    state.practitionerTypes.set(id, { id, code, description });
  }
  plantCatalog(state);
  if (!people) return;

  for (const { id, key, name, discount, integrationId } of seedClinics) {
    const integrationActivatedAt = new Date(nowMs - 300 * dayMs).toISOString();
    state.clinics.set(id, {
      id,
      slug: key,
      name,
      discount,
      integrationId,
      integrationActivatedAt,
      marginType: 'profit',
    });
  }
  const clinicIds = new Map(seedClinics.map((clinic) => [clinic.key, clinic.id]));
  for (const { typeCode, clinic, ...user } of Object.values(seedUsers)) {
    state.users.set(user.id, {
      ...user,
      clinicId: clinicIds.get(clinic) ?? '',
      password: seedPassword,
      practitionerTypeId: typeCode === null ? null : toSeedId('practitioner-type', typeCode),
      inviteAccepted: true,
      metadataId: null,
    });
  }
  seedPatients.forEach(({ clinic, guardianId, ...patient }, index) => {
    const createdAt = new Date(nowMs - (280 - index) * dayMs).toISOString();
    const [city, region, zipcode] = cities[index % cities.length] ?? ['Portland', 'OR', '97209'];
    state.patients.set(patient.id, {
      ...patient,
      number: 1001 + index,
      clinicId: clinicIds.get(clinic) ?? '',
      textMessageNotification: patient.mobileNumber !== null && index % 3 === 0,
      metadataId: null,
      guardianPatientId: guardianId,
      addresses:
        guardianId !== null || index % 5 === 4
          ? []
          : [
              {
                id: toSeedId('address', patient.id),
                address1: `${100 + index * 7} Juniper Street`,
                address2: index % 4 === 0 ? 'Apt 2' : null,
                zipcode,
                city,
                state: region,
                country: 'US',
              },
            ],
      createdAt,
      updatedAt: createdAt,
    });
  });
  const [product] = state.products.values();
  if (product !== undefined)
    product.customDosages[seedUsers.ada.id] = {
      amount: '1/2',
      frequency: 'every night',
      duration: '90',
      format: 'capsule',
      additionalInfo: 'an hour before bed',
    };
  plantPlans(core, nowMs);
  plantLabOrders(core, nowMs);
  plantOrders(core, nowMs);
}
