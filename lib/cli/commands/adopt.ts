import type { Json } from '#lib/base/json';
import type { Client } from '#lib/derive/client/client';
import { packAdopted } from '../adopt-files.ts';
import { adoptTool } from '../adopt-tool.ts';
import type { Command, CommandCall } from '../command.ts';
import { connected, flag, positional, required, text } from '../options.ts';
import { importFile } from './import.ts';
import { publishSource } from './publish.ts';

interface Adopted {
  name: string;
  source: Json;
  metric: Json | null;
  notes: string[];
}

export const adopt: Command = {
  summary:
    'host a dspy.Module of a Python package unchanged, as a program with one Python node; or a function as a tool',
  usage:
    'PACKAGE.MODULE:FUNCTION --tool | PACKAGE.MODULE:CLASS [--path DIR] [--name NAME] [--lm MODEL ...] [--metric PACKAGE.MODULE:FUNCTION] [--dataset FILE]',
  options: {
    path: { type: 'string' },
    include: { type: 'string', multiple: true },
    name: { type: 'string' },
    lm: { type: 'string', multiple: true },
    metric: { type: 'string' },
    dataset: { type: 'string' },
    input: { type: 'string', multiple: true },
    output: { type: 'string', multiple: true },
    tool: { type: 'boolean' },
  },
  optionDocs: {
    path: 'the folder the package is in; default: this one',
    include: 'more files or folders of it that the package imports or reads',
    name: 'of the program or tool; default: the name of the class or function',
    lm: 'provider/model or a LanguageModel; the first answers, several are a choice to optimize; default: "default"',
    metric: 'a metric function of the same package, which becomes the metric NAME_FUNCTION',
    dataset: 'a file of examples, which becomes a version of the dataset NAME',
    input: 'a parameter with a default that is an input nevertheless; null is its default',
    output: 'what the program gives, where its code does not tell',
    tool: 'a function of the package, which becomes a Tool that react modules can call',
  },
  run: (call) => {
    const entry = positional(call, 0, 'PACKAGE.MODULE:CLASS');
    return connected(call, async ({ client }) => {
      const { packed, files } = await packAdopted(entry, text(call, 'path') ?? '.', listOf(call, 'include'));
      const bar = call.screen.bar('adopt');
      bar.update(0, null, 'the first time, the Python environment is made: a minute or two');
      if (flag(call, 'tool')) {
        const made = await adoptTool(client, entry, packed, text(call, 'name')).finally(() => bar.done());
        call.screen.result(made, ({ tool, description }) => `tool ${tool}: ${description || 'without a description'}`);
        return 0;
      }
      const { body } = await client
        .call<Adopted>('programs', 'adopt', {
          input: { entry, ...given(call) },
          upload: { contentType: 'application/gzip', content: packed },
        })
        .finally(() => bar.done('looked at'));
      const name = text(call, 'name') ?? body.name;
      const published = await publishSource(client, name, body.source);
      const made = {
        ...published,
        files,
        metric:
          body.metric === null
            ? null
            : await publishMetric(client, metricName(name, required(call, 'metric')), body.metric),
        dataset: text(call, 'dataset') === undefined ? null : await publishDataset(call, client, name),
        notes: body.notes,
      };
      call.screen.result(made, ({ id, version, metric, dataset, notes }) =>
        [
          `${published.name}@${version} (${id})`,
          ...(metric === null ? [] : [`metric ${metric}`]),
          ...(dataset === null ? [] : [`dataset ${dataset}`]),
          ...notes.map((note) => `note: ${note}`),
        ].join('\n'),
      );
      return 0;
    });
  },
};

function given(call: CommandCall): Record<string, string> {
  const metric = text(call, 'metric');
  const lists = { lm: listOf(call, 'lm'), inputs: listOf(call, 'input'), outputs: listOf(call, 'output') };
  return {
    ...(metric === undefined ? {} : { metric }),
    ...Object.fromEntries(
      Object.entries(lists).flatMap(([name, values]) => (values.length === 0 ? [] : [[name, values.join(',')]])),
    ),
  };
}

const listOf = ({ values }: CommandCall, name: string): string[] => {
  const value = values[name];
  return Array.isArray(value) ? value.map(String) : [];
};

const metricName = (program: string, entry: string): string => `${program}_${entry.split(':')[1] ?? 'metric'}`;

/** The metric of that name with this spec; evaluations that used an earlier one keep it. */
async function publishMetric(client: Client, name: string, spec: Json): Promise<string> {
  const found = await client.get<{ id: string }>('metrics', name).catch((error: { status?: number }) => {
    if (error.status === 404) return null;
    throw error;
  });
  if (found === null) await client.call('metrics', 'create', { input: { name, spec } });
  else await client.call('metrics', 'update', { id: found.body.id, input: { spec }, ifMatch: '*' });
  return name;
}

async function publishDataset(call: CommandCall, client: Client, name: string): Promise<string> {
  const { version } = await importFile(client, required(call, 'dataset'), name);
  return `${name}@${version}`;
}
