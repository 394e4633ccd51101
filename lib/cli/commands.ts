import type { Command } from './command.ts';

/** By the word after `dspex`. A command is loaded when it is asked for, so that each starts with what it needs alone. */
export const commands: Record<string, () => Promise<Command>> = {
  demo: async () => (await import('./commands/demo.ts')).demo,
  dev: async () => (await import('./commands/dev.ts')).dev,
  publish: async () => (await import('./commands/publish.ts')).publish,
  run: async () => (await import('./commands/run.ts')).run,
  import: async () => (await import('./commands/import.ts')).importCommand,
  adopt: async () => (await import('./commands/adopt.ts')).adopt,
  eval: async () => (await import('./commands/eval.ts')).evaluate,
  optimize: async () => (await import('./commands/optimize.ts')).optimize,
  search: async () => (await import('./commands/search.ts')).search,
  promote: async () => (await import('./commands/promote.ts')).promote,
  rollback: async () => (await import('./commands/promote.ts')).rollback,
  logs: async () => (await import('./commands/logs.ts')).logs,
  export: async () => (await import('./commands/export.ts')).exportCommand,
  compile: async () => (await import('./commands/compile.ts')).compile,
  render: async () => (await import('./commands/render.ts')).render,
  parse: async () => (await import('./commands/parse.ts')).parse,
  deploy: async () => (await import('./commands/deploy.ts')).deploy,
  destroy: async () => (await import('./commands/destroy.ts')).destroy,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
};
