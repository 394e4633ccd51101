import type { Tape } from '../script.ts';
import { asked, cleaned, question, readAnswer } from './answer.ts';
import type { TextPlace } from './places.ts';
import { shownModule, shownProgram } from './shown.ts';

const DESCRIBE_PROGRAM = question(
  'DescribeProgram',
  'program, example -> description',
  'Say what this pipeline of language model calls is for and how it goes about it.',
  {
    program: 'Its modules: what goes in and out of each, and what each is told',
    example: 'The program at work',
    description: 'Its task, and how it solves it',
  },
);
const DESCRIBE_MODULE = question(
  'DescribeModule',
  'program, description, module -> role',
  'Say what this one module contributes to the pipeline.',
  {
    program: 'All modules of the pipeline',
    description: 'What the pipeline does',
    module: 'The module in question',
    role: 'What it has to get right',
  },
);

export interface Described {
  program: string;
  description: string;
  /** By variable: what the modules its text instructs are for. */
  roles: Record<string, string>;
}

/** The program in the teacher's words; whatever it does not describe usably is left out. */
export async function describeProgram(tape: Tape, places: readonly TextPlace[], example: string): Promise<Described> {
  const program = shownProgram(tape.history.program);
  const draw = { temperature: 1, sample: 0 };
  const [whole] = await tape.generate([
    asked(DESCRIBE_PROGRAM, { program, example }, 'description of the program', draw),
  ]);
  const description = whole?.text == null ? null : cleaned(readAnswer(DESCRIBE_PROGRAM, whole.text).description);
  const described: Described = { program, description: description ?? 'Not available', roles: {} };
  const answers = await tape.generate(
    places.map(({ variable, nodes }) =>
      asked(
        DESCRIBE_MODULE,
        { program, description: described.description, module: nodes.map(shownModule).join('\n') },
        `role of ${variable.name}`,
        draw,
      ),
    ),
  );
  for (const [index, { variable }] of places.entries()) {
    const text = answers[index]?.text;
    const role = text == null ? null : cleaned(readAnswer(DESCRIBE_MODULE, text).role);
    if (role !== null) described.roles[variable.name] = role;
  }
  return described;
}
