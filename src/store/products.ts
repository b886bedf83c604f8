import type { ProductVariant } from '../domain/product.ts';
import { isIn } from './conditions.ts';
import type { Database } from './database.ts';
import type { ProductVariantRow } from './entities/product-variant.ts';
import { upsert } from './upsert.ts';

export interface StoredProductVariant extends ProductVariant {
  syncedAt: string;
  /** Whether the product was told to have changed since. */
  expired: boolean;
}

/** The stored copy of catalogue data, shared by all organizations since it says nothing of anybody. */
export interface Products {
  upsertMany(variants: readonly ProductVariant[], syncedAt: string): Promise<void>;
  /** By variant id; unknown ones are missing. One statement. */
  findMany(ids: readonly string[]): Promise<Map<string, StoredProductVariant>>;
  /** Has the variants of a product refreshed by their next reader; a read that began before this moment does not count. */
  expireProduct(productId: string): Promise<void>;
}

/** Builds the queries on catalogue data. */
export function createProducts(db: Database, needs: { now: () => Date }): Products {
  return {
    async upsertMany(variants, syncedAt) {
      if (variants.length === 0) return;
      await db.write((tx) =>
        upsert(tx, {
          table: 'product_variant',
          keys: ['id'],
          columns: [
            'id',
            'product_id',
            'name',
            'brand',
            'sku',
            'units',
            'unit_of_measure',
            'availability',
            'msrp',
            'image_url',
            'synced_at',
          ],
          rows: variants.map((variant) => [
            variant.id,
            variant.productId,
            variant.name,
            variant.brand,
            variant.sku,
            variant.units,
            variant.unitOfMeasure,
            variant.availability,
            variant.msrp,
            variant.imageUrl,
            syncedAt,
          ]),
          newerBy: ['synced_at'],
        }),
      );
    },

    async expireProduct(productId) {
      await db.write((tx) =>
        tx.run('UPDATE product_variant SET expired_at = ? WHERE product_id = ?', [
          needs.now().toISOString(),
          productId,
        ]),
      );
    },

    async findMany(ids) {
      if (ids.length === 0) return new Map();
      const among = isIn('id', ids);
      const rows = await db.read<ProductVariantRow>(`SELECT * FROM product_variant WHERE ${among.sql}`, among.params);
      return new Map(
        rows.map((row) => [
          row.id,
          {
            id: row.id,
            productId: row.product_id,
            name: row.name,
            brand: row.brand,
            sku: row.sku,
            units: row.units,
            unitOfMeasure: row.unit_of_measure,
            availability: row.availability,
            msrp: row.msrp,
            imageUrl: row.image_url,
            syncedAt: row.synced_at,
            expired: row.expired_at !== null && row.expired_at >= row.synced_at,
          },
        ]),
      );
    },
  };
}
