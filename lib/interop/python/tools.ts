import { stringRepr } from '#lib/adapter/python-text';
import { pythonRepr } from '#lib/adapter/python-value';
import { Unprocessable } from '#lib/base/errors';
import { isJsonObject } from '#lib/base/json';
import type { ExportedModule } from '../outgoing/exported-modules.ts';

/** What the tools of a program need from elsewhere. */
export interface Outside {
  /** Python modules to import. */
  modules: Set<string>;
  /** Whether some tool has no Python function. */
  helper: boolean;
}

const FUNCTION = /^([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*)$/;

/** The list of a ReAct's tools: Python functions by name; the others say that dspex calls them, when they are called. */
export function toolsSource(name: string, { spec, nodes }: ExportedModule, outside: Outside): string {
  const lines = (spec.tools ?? []).map((tool) => {
    const { properties } = tool.parameters;
    const args = pythonRepr(isJsonObject(properties) ? properties : {});
    const about = `name=${stringRepr(tool.name)}, desc=${stringRepr(tool.description)}, args=${args}`;
    if (tool.kind !== 'python') {
      outside.helper = true;
      return `    dspy.Tool(_elsewhere(${stringRepr(tool.name)}, ${stringRepr(tool.kind)}), ${about}),`;
    }
    const [, module, callable] = FUNCTION.exec(tool.python.function) ?? [];
    if (module === undefined)
      throw new Unprocessable(
        'dspy_cannot_express',
        `node ${nodes.join(', ')}: tool ${tool.name}: wanted "package.module:function", there was ${JSON.stringify(tool.python.function)}`,
      );
    outside.modules.add(module);
    return `    dspy.Tool(${module}.${callable}, ${about}),`;
  });
  return lines.length === 0 ? `${name} = []` : `${name} = [\n${lines.join('\n')}\n]`;
}

export const ELSEWHERE = `def _elsewhere(name, kind):
    def call(**arguments):
        raise NotImplementedError(f"the tool {name} ({kind}) is called by dspex; give a Python function in its place")

    return call`;
