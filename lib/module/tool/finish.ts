import type { ToolDeclaration } from './declaration.ts';

/** The tool by which a model says that it has seen enough. */
export const FINISH_TOOL: ToolDeclaration = {
  name: 'finish',
  description: '',
  parameters: { properties: {} },
  kind: 'builtin',
  builtin: 'finish',
};
