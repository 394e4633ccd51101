import type { ToolRunners } from '#lib/module/tool/call';
import type { ToolKind } from '#lib/module/tool/declaration';
import type { toolRunners } from '#lib/module/tool/runners';
import { later, once } from './later.ts';

type ToolHome = Parameters<typeof toolRunners>[0];

/** The runners of these kinds, loaded when the first tool is called. Kinds that are not named fail by name, as ever. */
export function laterTools(kinds: readonly ToolKind[], homeOf: () => Promise<ToolHome>): ToolRunners {
  const runners = once(async () => {
    const [{ toolRunners: open }, home] = await Promise.all([import('#lib/module/tool/runners'), homeOf()]);
    return open(home);
  });
  const runnerOf = (kind: ToolKind) =>
    later(async () => {
      const runner = (await runners())[kind];
      if (runner === undefined) throw new Error(`there is no runner of ${kind} tools, although this home names it`);
      return runner as (...args: unknown[]) => Promise<unknown>;
    });
  return Object.fromEntries(kinds.map((kind) => [kind, runnerOf(kind)])) as ToolRunners;
}
