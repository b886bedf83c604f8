import type { ProductVariant } from '../domain/product.ts';

export interface StoredProductVariant extends ProductVariant {
  syncedAt: string;
}

/** The stored copy of catalogue data, shared by all organizations since it says nothing of anybody. */
export interface Products {
  upsertMany(variants: readonly ProductVariant[], syncedAt: string): Promise<void>;
  /** By variant id; unknown ones are missing. One statement. */
  findMany(ids: readonly string[]): Promise<Map<string, StoredProductVariant>>;
}
