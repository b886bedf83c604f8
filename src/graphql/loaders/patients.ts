import DataLoader from 'dataloader';
import type { ConnectionStatus } from '../../domain/account.ts';
import { FullscriptFailure, Refusal } from '../../domain/errors.ts';
import type { Freshness } from '../../domain/freshness.ts';
import type { Demographics, PatientLink } from '../../domain/patient.ts';
import { toConnectionRefusal, toUsable } from '../../domain/standing.ts';
import type { Resolution } from '../../mirror/patients.ts';
import { toRowKey } from '../../store/keys.ts';
import { answerByGroup } from './batch.ts';
import type { FullscriptPatientAccountParent, FullscriptPatientCandidateParent, PatientParent } from '../parents.ts';
import { toHiddenPatient, type RequestView } from './request.ts';

interface ResolutionKey {
  patient: PatientParent;
  clinicId: string | null;
  freshness: Freshness;
}

/** Who an EMR patient is at Fullscript; `hidden` when the EMR does not show the patient to this caller. */
export type ResolvedPatient = Resolution | { kind: 'hidden' };

/** Reads about patients as such. */
export interface PatientLoaders {
  status(patient: PatientParent, clinicId: string | null): Promise<ConnectionStatus>;
  account(patient: PatientParent, clinicId: string | null): Promise<FullscriptPatientAccountParent | null>;
  /** The account behind a link that was just made. */
  accountOfLink(link: PatientLink): Promise<FullscriptPatientAccountParent>;
  /** A linked Fullscript patient by its own id; null when the caller has no such patient. */
  accountById(fullscriptPatientId: string): Promise<FullscriptPatientAccountParent | null>;
  candidates(patientId: string, clinicId: string | null): Promise<readonly FullscriptPatientCandidateParent[]>;
  /** Throws what keeps this patient's data from being read. */
  resolve(patient: PatientParent, clinicId: string | null, freshness: Freshness): Promise<ResolvedPatient>;
}

export function createPatientLoaders(view: RequestView): PatientLoaders {
  const { needs, caller } = view;

  /** STORED asks nothing of Fullscript; the other two search alike for whom nobody has linked yet. */
  const resolutions = new DataLoader<ResolutionKey, ResolvedPatient, string>(
    (keys) => answerByGroup(keys, (key) => JSON.stringify([key.clinicId, key.freshness === 'STORED']), resolveGroup),
    {
      cacheKeyFn: (key) => `${key.clinicId ?? ''}|${key.freshness === 'STORED' ? 1 : 0}|${key.patient.id}`,
    },
  );

  async function resolveGroup(
    keys: readonly ResolutionKey[],
    put: (key: ResolutionKey, answer: ResolvedPatient | Error) => void,
  ): Promise<void> {
    const [first] = keys;
    if (!first) return;
    const freshness = first.freshness === 'STORED' ? 'STORED' : 'STALE_WHILE_REVALIDATE';
    const reading = await view.getReading(first.clinicId, freshness);
    const known: { key: ResolutionKey; demographics: Demographics }[] = [];
    await Promise.all(
      keys.map(async (key) => {
        if (key.patient.demographics) {
          known.push({ key, demographics: key.patient.demographics });
          return;
        }
        try {
          const demographics = await view.findDemographics(key.patient);
          if (demographics) known.push({ key, demographics });
          else put(key, { kind: 'hidden' });
        } catch (error) {
          put(key, error instanceof Error ? error : new Error(String(error)));
        }
      }),
    );
    if (known.length === 0) return;
    const resolved = await needs.patients.resolve(
      reading,
      known.map(({ key, demographics }) => ({ patientId: key.patient.id, demographics })),
    );
    for (const { key } of known) {
      const resolution = resolved.get(key.patient.id);
      if (!resolution) continue;
      put(key, resolution);
      if (!(resolution instanceof Error) && resolution.kind === 'linked' && resolution.linkedNow)
        noteLink(resolution.link);
    }
  }

  function noteLink(link: PatientLink): void {
    needs.recordReads([
      {
        organizationId: caller.viewer.organizationId,
        at: link.linkedAt,
        userId: caller.viewer.userId,
        action: 'patient.link',
        patientId: link.patientId,
        subject: link.fullscriptPatientId,
        outcome: 'ok',
        requestId: caller.requestId,
      },
    ]);
  }

  const accounts = new DataLoader<PatientLink, FullscriptPatientAccountParent, string>(
    (links) =>
      answerByGroup(
        links,
        (link) => link.clinicId,
        async (group, put) => {
          const reading = await view.getReading(group[0]?.clinicId ?? null, 'STALE_WHILE_REVALIDATE', 'patients');
          const sweptAt = (await view.clinics.load(reading.scope.clinicId))?.sweptAt ?? null;
          const ids = group.map((link) => link.fullscriptPatientId);
          const found = await needs.patients.findPatients(reading, ids, sweptAt);
          for (const link of group) {
            const copy = found.get(link.fullscriptPatientId);
            if (copy) put(link, copy instanceof Error ? copy : { ...copy, link });
          }
        },
      ),
    { cacheKeyFn: (link) => toRowKey(link.clinicId, link.fullscriptPatientId) },
  );

  return {
    async resolve(patient, clinicId, freshness) {
      try {
        const resolved = await resolutions.load({ patient, clinicId, freshness });
        if (resolved.kind !== 'hidden') view.noteRead(patient.id, 'ok');
        else view.noteRead(patient.id, 'denied');
        return resolved;
      } catch (error) {
        view.noteRead(patient.id, error instanceof Refusal && error.code !== 'EMR_UNAVAILABLE' ? 'denied' : 'failed');
        throw error;
      }
    },
    async status(patient, clinicId) {
      view.assertMay('patient.account', patient.id);
      const usable = toUsable(await view.standing(), clinicId);
      if (usable.kind === 'blocked') return 'UNKNOWN';
      try {
        const resolved = await this.resolve(patient, clinicId, 'STALE_WHILE_REVALIDATE');
        if (resolved.kind === 'hidden') return 'UNKNOWN';
        if (resolved.kind === 'linked') return 'CONNECTED';
        return resolved.kind === 'doubtful' ? 'MATCH_REQUIRED' : 'NOT_CONNECTED';
      } catch (error) {
        if (error instanceof FullscriptFailure) return 'UNKNOWN';
        throw error;
      }
    },
    async account(patient, clinicId) {
      view.assertMay('patient.account', patient.id);
      const resolved = await this.resolve(patient, clinicId, 'STALE_WHILE_REVALIDATE');
      if (resolved.kind === 'hidden') throw toHiddenPatient();
      return resolved.kind === 'linked' ? await this.accountOfLink(resolved.link) : null;
    },
    accountOfLink: (link) => accounts.load(link),
    async accountById(fullscriptPatientId) {
      view.assertMay('patient.account');
      const standing = await view.standing();
      const usable = toUsable(standing);
      const scopes = await Promise.all(
        standing.accounts
          .filter((account) => toUsable(standing, account.clinicId).kind === 'usable')
          .map(async (account) => (await view.getReading(account.clinicId, 'STORED')).scope),
      );
      if (scopes.length === 0) throw toConnectionRefusal(usable.kind === 'blocked' ? usable.status : 'NOT_CONNECTED');
      const links = await needs.store.patientLinks.findLinksByFullscriptIds(
        scopes.map((scope) => ({ clinicKey: scope.clinicKey, id: fullscriptPatientId })),
      );
      const [link] = [...links.values()];
      if (!link) return null;
      const demographics = await view.findDemographics({ id: link.patientId, demographics: null });
      if (!demographics) {
        view.noteRead(link.patientId, 'denied');
        throw toHiddenPatient();
      }
      view.noteRead(link.patientId, 'ok');
      return await this.accountOfLink(link);
    },
    async candidates(patientId, clinicId) {
      view.assertMay('patient.link', patientId);
      const answer = await view.askPatient(patientId);
      if (!answer) {
        view.noteRead(patientId, 'denied');
        throw toHiddenPatient();
      }
      const reading = await view.getReading(clinicId, 'CURRENT');
      view.noteRead(patientId, 'ok');
      return await needs.patients.findCandidates(reading, { patientId, demographics: answer });
    },
  };
}
