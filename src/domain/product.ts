/** One sellable pack of a product. Catalogue data: the same for every clinic, and nothing of a patient. */
export interface ProductVariant {
  id: string;
  productId: string;
  name: string;
  brand: string;
  sku: string | null;
  units: number | null;
  unitOfMeasure: string | null;
  availability: string | null;
  /** Decimal text, as Fullscript gives it. */
  msrp: string | null;
  imageUrl: string | null;
}
