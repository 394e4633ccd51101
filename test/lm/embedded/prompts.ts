import type { Message } from '#lib/lm/spec';

const NOTES = {
  str: '',
  bool: 'must be True or False',
  int: 'must be a single int value',
  float: 'must be a single float value',
  label: 'must exactly match (no extra characters) one of: spam; ham',
  list: 'must adhere to the JSON schema: {"type": "array", "items": {"type": "string"}}',
  optional: 'must adhere to the JSON schema: {"anyOf": [{"type": "string"}, {"type": "null"}]}',
} as const;
export type FieldType = keyof typeof NOTES;

const TYPE_TEXT: Record<FieldType, string> = {
  str: 'str',
  bool: 'bool',
  int: 'int',
  float: 'float',
  label: "Literal['spam', 'ham']",
  list: 'list[str]',
  optional: 'Union[str, NoneType]',
};

const FIRST = 'All interactions will be structured in the following way, with the appropriate values filled in.';
const placeholder = (name: string, type: FieldType) =>
  `{${name}}${NOTES[type] === '' ? '' : `        # note: the value you produce ${NOTES[type]}`}`;
const hint = (type: FieldType) => (type === 'str' ? '' : ` (must be formatted as a valid Python ${TYPE_TEXT[type]})`);

function head(outputs: [string, FieldType][]): string {
  const listed = outputs.map(([name, type], i) => `${i + 1}. \`${name}\` (${TYPE_TEXT[type]}):`).join(' \n');
  return `Your input fields are:\n1. \`text\` (str):\nYour output fields are:\n${listed}`;
}

/** A prompt as DSPy's ChatAdapter writes it, for one input `text`. */
export function chatPrompt(outputs: [string, FieldType][], text = 'Win a prize', task = 'Is it spam?'): Message[] {
  const blocks = outputs.map(([name, type]) => `[[ ## ${name} ## ]]\n${placeholder(name, type)}`);
  const shape = [FIRST, '[[ ## text ## ]]\n{text}', ...blocks, '[[ ## completed ## ]]'].join('\n\n');
  const order = outputs.map(([name, type]) => `\`[[ ## ${name} ## ]]\`${hint(type)}`).join(', then ');
  return [
    {
      role: 'system',
      content: `${head(outputs)}\n${shape}\nIn adhering to this structure, your objective is: \n        ${task}`,
    },
    {
      role: 'user',
      content: `[[ ## text ## ]]\n${text}\n\nRespond with the corresponding output fields, starting with the field ${order}, and then ending with the marker for \`[[ ## completed ## ]]\`.`,
    },
  ];
}

/** The same as DSPy's JSONAdapter writes it. */
export function jsonPrompt(outputs: [string, FieldType][], text = 'Win a prize'): Message[] {
  const object = JSON.stringify(Object.fromEntries(outputs.map(([n, t]) => [n, placeholder(n, t)])), null, 2);
  const shape = [
    FIRST,
    'Inputs will have the following structure:',
    '[[ ## text ## ]]\n{text}',
    'Outputs will be a JSON object with the following fields.',
    object,
  ].join('\n\n');
  const order = outputs.map(([name, type]) => `\`${name}\`${hint(type)}`).join(', then ');
  return [
    {
      role: 'system',
      content: `${head(outputs)}\n${shape}\nIn adhering to this structure, your objective is: \n        Is it spam?`,
    },
    {
      role: 'user',
      content: `[[ ## text ## ]]\n${text}\n\nRespond with a JSON object in the following order of fields: ${order}.`,
    },
  ];
}

/** The same as DSPy's XMLAdapter writes it. */
export function xmlPrompt(outputs: [string, FieldType][], text = 'Win a prize'): Message[] {
  const blocks = [['text', 'str'] as const, ...outputs].map(([n, t]) => `<${n}>\n${placeholder(n, t)}\n</${n}>`);
  const order = outputs.map(([name]) => `\`<${name}>\``).join(', then ');
  return [
    {
      role: 'system',
      content: `${head(outputs)}\n${[FIRST, ...blocks].join('\n\n')}\nIn adhering to this structure, your objective is: \n        Is it spam?`,
    },
    {
      role: 'user',
      content: `<text>\n${text}\n</text>\n\nRespond with the corresponding output fields wrapped in XML tags ${order}.`,
    },
  ];
}
