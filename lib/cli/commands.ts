import type { Command } from './command.ts';
import { demo } from './commands/demo.ts';
import { dev } from './commands/dev.ts';
import { doctor } from './commands/doctor.ts';
import { evaluate } from './commands/eval.ts';
import { exportCommand } from './commands/export.ts';
import { importCommand } from './commands/import.ts';
import { logs } from './commands/logs.ts';
import { optimize } from './commands/optimize.ts';
import { parse } from './commands/parse.ts';
import { promote, rollback } from './commands/promote.ts';
import { publish } from './commands/publish.ts';
import { render } from './commands/render.ts';
import { run } from './commands/run.ts';

/** By the word after `dspex`. */
export const commands: Record<string, Command> = {
  demo,
  dev,
  publish,
  run,
  import: importCommand,
  eval: evaluate,
  optimize,
  promote,
  rollback,
  logs,
  export: exportCommand,
  render,
  parse,
  doctor,
};
