import { LRUCache } from 'lru-cache';
import { FullscriptFailure } from '../domain/errors.ts';
import type { ProductVariant } from '../domain/product.ts';
import type { Call } from '../fullscript/call.ts';
import type { StoredProductVariant } from '../store/products.ts';
import { toSharedCall, type MirrorNeeds } from './needs.ts';
import { createRevalidation } from './revalidation.ts';
import type { Reading } from './scope.ts';

/** How long a product's name and brand are taken as read; the catalogue's events and this bound keep it from growing old. */
const productFreshForSeconds = 24 * 3600;

/** The catalogue's variants, kept for all clinics together since they say nothing of anybody. */
export interface ProductMirror {
  /** The variant from this process's memory, without waiting; undefined when it has to be looked up. */
  peek(variantId: string): ProductVariant | undefined;
  /** Variants by id; what cannot be resolved is missing. Never throws: a plan is readable without its product names. */
  findMany(reading: Reading, variantIds: readonly string[]): Promise<Map<string, ProductVariant>>;
  /** Asks Fullscript, for what must be certain. Null when there is no such variant; throws FullscriptFailure. */
  getCurrent(reading: Omit<Reading, 'freshness'>, variantId: string): Promise<ProductVariant | null>;
  /** The product has changed: its variants are refreshed by whoever reads them next, so that changes of what nobody reads cost no call. */
  expireProduct(productId: string): Promise<void>;
}

/** Makes the keeper of the products' copies. */
export function createProductMirror(needs: MirrorNeeds): ProductMirror {
  const { store, fullscript, flights, settings, reads, now, log } = needs;
  const revalidation = createRevalidation(needs, { kind: 'variant', called: 'a product' });
  const perf = { now: () => now().getTime() };
  // A minute bounds how long other processes' news stay unseen here.
  const memory = new LRUCache<string, ProductVariant>({ max: 5000, ttl: 60_000, perf });
  /** Variants that Fullscript did not give, so that a page of plans does not ask for them again and again. */
  const absent = new LRUCache<string, true>({ max: 5000, ttl: settings.freshForSeconds * 1000, perf });

  function fetchVariant(
    reading: Omit<Reading, 'freshness'>,
    variantId: string,
    signal: AbortSignal | null,
    priority: Call['priority'] = 'interactive',
  ): Promise<ProductVariant | null> {
    return flights.run(`variant:${variantId}`, reading.scope.accountId, signal, async (raised) => {
      const readAt = now().toISOString();
      try {
        const call = toSharedCall(needs, reading.scope.accountId, reading.requestId, {
          priority,
          raised,
          reader: signal,
        });
        const variant = await fullscript.catalog.getVariant(call, variantId);
        await store.products.upsertMany([variant], readAt);
        memory.set(variantId, variant);
        absent.delete(variantId);
        return variant;
      } catch (error) {
        if (!(error instanceof FullscriptFailure) || error.kind !== 'not_found') throw error;
        absent.set(variantId, true);
        return null;
      }
    });
  }

  async function tryFetch(reading: Reading, variantId: string): Promise<ProductVariant | null> {
    try {
      return await fetchVariant(reading, variantId, reading.signal);
    } catch (error) {
      if (!(error instanceof FullscriptFailure)) throw error;
      log.warn({ requestId: reading.requestId, kind: error.kind }, 'a product could not be resolved');
      return null;
    }
  }

  function isStale(copy: StoredProductVariant): boolean {
    return copy.expired || now().getTime() - Date.parse(copy.syncedAt) > productFreshForSeconds * 1000;
  }

  function refreshBehind(reading: Reading, variantIds: readonly string[]): void {
    revalidation.begin({
      clinic: null,
      subjects: variantIds,
      requestId: reading.requestId,
      async findStale(ids) {
        const stored = await store.products.findMany(ids);
        return ids.filter((id) => {
          const copy = stored.get(id);
          return !copy || isStale(copy);
        });
      },
      refresh: (id) => fetchVariant(reading, id, null, 'background'),
    });
  }

  return {
    peek(variantId) {
      const variant = memory.get(variantId);
      if (variant) reads.count('products', 'hit');
      return variant;
    },
    async findMany(reading, variantIds) {
      const stored = await store.products.findMany(variantIds);
      const found = new Map<string, ProductVariant>();
      const old: string[] = [];
      await Promise.all(
        variantIds.map(async (variantId) => {
          const copy = stored.get(variantId);
          if (copy) {
            const stale = isStale(copy);
            reads.count('products', stale ? 'stale' : 'hit');
            if (!stale) memory.set(variantId, copy);
            else if (reading.freshness !== 'STORED') old.push(variantId);
            found.set(variantId, copy);
            return;
          }
          reads.count('products', 'miss');
          if (reading.freshness === 'STORED' || absent.has(variantId)) return;
          const variant = await tryFetch(reading, variantId);
          if (variant) found.set(variantId, variant);
        }),
      );
      if (old.length > 0) refreshBehind(reading, old);
      return found;
    },
    async expireProduct(productId) {
      await store.products.expireProduct(productId);
      for (const [id, variant] of memory.entries()) if (variant.productId === productId) memory.delete(id);
    },
    async getCurrent(reading, variantId) {
      return memory.get(variantId) ?? (await fetchVariant(reading, variantId, reading.signal));
    },
  };
}
