import type { Adapter } from './adapter.ts';
import { chatAdapter } from './chat.ts';
import { jsonAdapter } from './json.ts';
import { xmlAdapter } from './xml.ts';

/** Every adapter by its name. */
export const adapters: { readonly [name in Adapter['name']]: Adapter } = {
  chat: chatAdapter,
  json: jsonAdapter,
  xml: xmlAdapter,
};
