import { describe, expect, it } from 'vitest';
import { findSentPlan } from '../../../src/demo/page/sent-plan.ts';

const plan = (id: string, state: 'DRAFT' | 'ACTIVE' | 'CANCELLED') => ({ id, state });

describe('the plan that is awaited', () => {
  it('has not come while the draft is a draft', () => {
    const plans = [plan('new', 'DRAFT'), plan('old', 'ACTIVE')];
    expect(findSentPlan(plans, { draftId: 'new', activeBefore: ['old'] })).toBeNull();
  });

  it('is the draft once it was sent, before any other new one', () => {
    const plans = [plan('other', 'ACTIVE'), plan('new', 'ACTIVE'), plan('old', 'ACTIVE')];
    expect(findSentPlan(plans, { draftId: 'new', activeBefore: ['old'] })?.id).toBe('new');
  });

  it('is whatever was sent since, when Fullscript made the plan itself', () => {
    const plans = [plan('gone', 'CANCELLED'), plan('there', 'ACTIVE'), plan('old', 'ACTIVE')];
    expect(findSentPlan(plans, { draftId: null, activeBefore: ['old'] })?.id).toBe('there');
  });
});
