import type { JsonObject } from '#lib/base/json';
import type { Values } from '#lib/signature/signature';

export type Split = 'train' | 'validation' | 'test';

export interface Example {
  /** Unique within its dataset version; given by the importer where the row has none. */
  id: string;
  inputs: Values;
  labels: Values;
  split?: Split;
  weight?: number;
  metadata?: JsonObject;
}
