import { describe, expect, it } from 'vitest';
import { emptyDosage, toDosageText, type Dosage } from '../../src/domain/treatment-plan.ts';

describe('The readable line of a dosage', () => {
  it.each<[Partial<Dosage> | null, string | null, string]>([
    [null, null, 'Use as directed'],
    [{}, null, 'Use as directed'],
    [{ additionalInfo: '  ' }, null, 'Use as directed'],
    [null, 'food', 'Use as directed, with food'],
    [{}, 'food', 'Use as directed, with food'],
    [{ amount: '1-2', format: 'capsule', frequency: 'twice per day' }, null, 'Take 1-2 capsule twice per day'],
    [{ amount: '1/2', duration: '60' }, 'water', 'Take 1/2, with water, for 60 days'],
    [{ frequency: 'every night' }, null, 'every night'],
    [{ amount: '1', timeOfDay: ['morning', 'evening'] }, null, 'Take 1 in the morning and evening'],
    [{ duration: 'as needed' }, null, 'as needed'],
    [{ amount: '5', format: 'drops', additionalInfo: 'start low' }, null, 'Take 5 drops, start low'],
  ])('%j with %j is "%s"', (dosage, takeWith, text) => {
    expect(toDosageText(dosage && { ...emptyDosage, ...dosage }, takeWith)).toBe(text);
  });
});
