import type { ProductVariant } from '../domain/product.ts';
import type { Call } from './call.ts';

export interface Catalog {
  getVariant(call: Call, id: string): Promise<ProductVariant>;
}
