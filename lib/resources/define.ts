import { definer } from '#lib/kernel/define';
import type { ActionContext } from '#lib/kernel/resource';
import type { Services } from './services.ts';

/** `defineResource` of this house: actions see its services. */
export const defineResource = definer<Services>();

export type Context = ActionContext<Services>;
