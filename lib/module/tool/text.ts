import { pythonRepr } from '#lib/adapter/python-value';
import type { JsonObject } from '#lib/base/json';
import type { ToolFace } from './declaration.ts';

/** How DSPy tells a model of a tool: `str(dspy.Tool)`, its arguments as Python prints a dict of their schemas. */
export function toolText({ name, description, parameters }: ToolFace): string {
  const about = description === '' ? '.' : `, whose description is <desc>${description}</desc>.`.replaceAll('\n', '  ');
  return `${name}${about} It takes arguments ${pythonRepr(argumentSchemas(parameters))}.`;
}

/** The schema of each argument by its name. */
export function argumentSchemas(parameters: JsonObject): JsonObject {
  const { properties } = parameters;
  return typeof properties === 'object' && properties !== null && !Array.isArray(properties) ? properties : {};
}
